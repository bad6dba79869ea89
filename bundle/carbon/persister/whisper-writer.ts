// Writes batches of points into Whisper files. Synchronous; runs on the writing thread.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { codeOf, messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import {
  type Blueprint,
  blueprintOf,
  closeWhisper,
  createOpenWhisper,
  metricToPath,
  openWhisper,
  parseAggregationMethod,
  setAggregation,
  updateMany,
  type WhisperHandle,
} from '../../whisper/index.ts';
import { FileCache } from '../file-cache.ts';
import type { MetricRule, StorageRules } from '../rules/index.ts';
import { type AdmissionOptions, NewSeries } from './admission.ts';
import { CreationLimit } from './creation-limit.ts';
import { CrowdedSlots } from './crowded-slots.ts';
import { IdSet } from './id-set.ts';
import {
  newWriterState,
  outcomes,
  type WriteBatchFields,
  type WriterState,
} from './write-batch.ts';

export interface WhisperWriterOptions extends AdmissionOptions {
  directory: string;
  hashTagged: boolean;
  sparse: boolean;
  openFilesMax: number;
  createsPerMinute: number;
  freeBytesMin: number;
  freeInodesMin: number;
}

const quietMilliseconds = 60_000;

const nameIn = ({ names }: WriteBatchFields, from: number, to: number): string =>
  Buffer.from(names.buffer, from, to - from).toString('utf8');

export class WhisperWriter {
  rules: StorageRules;
  readonly state: WriterState = newWriterState();
  readonly #options: WhisperWriterOptions;
  readonly #log: Logger;
  readonly #files: FileCache<number>;
  /** Series whose file was whole when it was opened: not looked at again before each use. */
  readonly #sound = new IdSet();
  readonly #creation: CreationLimit;
  readonly #newSeries: NewSeries;
  readonly #crowdedSlots: CrowdedSlots;
  readonly #blueprints = new WeakMap<MetricRule, Blueprint>();
  readonly #saidAt = new Map<string, number>();

  constructor(options: WhisperWriterOptions, rules: StorageRules, log: Logger) {
    this.#options = options;
    this.rules = rules;
    this.#log = log;
    mkdirSync(options.directory, { recursive: true });
    this.#files = new FileCache({
      filesMax: options.openFilesMax,
      checkSeconds: 30,
      idleSeconds: 900,
    });
    this.#creation = new CreationLimit(
      { ...options, perMinute: options.createsPerMinute },
      performance.now(),
    );
    this.#newSeries = new NewSeries(options, performance.now(), log);
    this.#crowdedSlots = new CrowdedSlots(log);
  }

  /** Writes every series of the batch; one that fails leaves the others alone. */
  write(batch: WriteBatchFields): void {
    const now = Math.floor(Date.now() / 1000);
    let nameAt = 0;
    let pointAt = 0;
    for (let k = 0; k < batch.series; k++) {
      const nameEnd = nameAt + (batch.nameLengths[k] as number);
      batch.outcomes[k] = this.#writeSeries(batch, k, nameAt, nameEnd, pointAt, now);
      nameAt = nameEnd;
      pointAt += batch.counts[k] as number;
    }
    this.state.openFiles = this.#files.size;
    this.state.creationStopped = this.#creation.reason;
    this.state.refusedSeries = this.#newSeries.listed;
    this.#newSeries.writeList(performance.now());
  }

  /** Changes the budget of each prefix from now on. */
  configure(newSeriesPerPrefix: number): void {
    this.#newSeries.configure(newSeriesPerPrefix);
  }

  /** Changes how the file of a series rolls up from now on; returns the method until now. */
  setAggregation(metric: string, id: number, method: string): string {
    const { directory, hashTagged } = this.#options;
    const path = `${directory}/${metricToPath(metric, { hashTagged })}`;
    // An open file goes on with the header it was opened with.
    this.#files.drop(id);
    return setAggregation(path, { aggregationMethod: parseAggregationMethod(method) });
  }

  close(): void {
    this.#files.close();
    this.#newSeries.writeList(performance.now(), true);
  }

  #writeSeries(
    batch: WriteBatchFields,
    k: number,
    nameAt: number,
    nameEnd: number,
    pointAt: number,
    now: number,
  ): number {
    const id = batch.ids[k] as number;
    const count = batch.counts[k] as number;
    const { created } = this.state;
    let isKept = true;
    let handle: WhisperHandle | undefined;
    try {
      handle = this.#files.get(id, now);
      if (handle === undefined) {
        const opened = this.#open(id, nameIn(batch, nameAt, nameEnd), count);
        if (typeof opened === 'number') return opened;
        handle = opened;
        this.#sound.add(id);
        isKept = this.#files.keep(id, handle, now);
      }
      const { overwritten } = handle.arrivals;
      const tooOld = updateMany(handle, batch.times, batch.values, count, now, pointAt);
      this.state.tooOld += tooOld;
      this.state.points += count - tooOld;
      this.state.updates++;
      if (handle.arrivals.overwritten > overwritten) {
        this.state.overwritten += handle.arrivals.overwritten - overwritten;
        this.#crowdedSlots.note(handle, nameIn(batch, nameAt, nameEnd), this.rules);
      }
      return this.state.created === created ? outcomes.stored : outcomes.created;
    } catch (error) {
      isKept = handle !== undefined && isKept && !this.#mustReopen(error);
      if (!isKept) this.#files.drop(id);
      this.#sound.delete(id);
      return this.#explain(error, handle);
    } finally {
      if (!isKept && handle !== undefined) closeWhisper(handle);
    }
  }

  /** The metric's file, made when missing; the outcome for its points when it may not be made. */
  #open(id: number, metric: string, points: number): WhisperHandle | number {
    const { directory, hashTagged, sparse } = this.#options;
    const path = `${directory}/${metricToPath(metric, { hashTagged })}`;
    const isSound = this.#sound.has(id);
    // A failed open costs more than all of the creation: its error is made, with a stack, and wrapped.
    if (isSound || existsSync(path)) {
      try {
        return openWhisper(path, { skipLengthCheck: isSound });
      } catch (error) {
        const code = codeOf(error);
        if (code === 'whisper-corrupt') this.#quarantine(path, error);
        else if (code !== 'whisper-missing') throw error;
      }
    }
    const now = performance.now();
    const admission = this.#newSeries.ask(metric, points, now);
    if (admission === 'denied') return outcomes.denied;
    if (admission === 'over-budget') return outcomes.overBudget;
    if (!this.#creation.mayCreate(now)) {
      this.state.heldBack++;
      return outcomes.heldBack;
    }
    const handle = createOpenWhisper(path, this.#blueprint(this.rules.ruleFor(metric)), sparse);
    this.#newSeries.began(metric, now);
    this.state.created++;
    return handle;
  }

  #blueprint(rule: MetricRule): Blueprint {
    let blueprint = this.#blueprints.get(rule);
    if (blueprint === undefined) {
      blueprint = blueprintOf(rule);
      this.#blueprints.set(rule, blueprint);
    }
    return blueprint;
  }

  #quarantine(path: string, reason: unknown): void {
    const aside = `${path}.bad-${Math.floor(Date.now() / 1000)}`;
    renameSync(path, aside);
    this.state.quarantined++;
    this.#log.error(`a damaged file was put aside, a new one is begun: ${messageOf(reason)}`, {
      file: aside,
    });
  }

  #mustReopen(error: unknown): boolean {
    const code = codeOf(error);
    return code === 'whisper-corrupt' || code === 'EBADF' || code === 'EIO';
  }

  #explain(error: unknown, handle: WhisperHandle | undefined): number {
    const code = codeOf(error) ?? '';
    this.state.errors++;
    switch (code) {
      case 'ENOTDIR':
      case 'EISDIR':
      case 'ENAMETOOLONG':
      case 'ELOOP':
      case 'bad-metric-name':
        this.#say(code, `a metric cannot have a file: ${messageOf(error)}`);
        return outcomes.badPath;
      case 'EMFILE':
      case 'ENFILE':
        this.#files.shrink();
        break;
      case 'whisper-corrupt':
        // Found while writing: the next attempt opens it anew and puts it aside.
        break;
      default:
    }
    const where = handle === undefined ? '' : ` ${handle.path}`;
    this.#say(code, `cannot write${where}, its points stay cached: ${messageOf(error)}`);
    return outcomes.failed;
  }

  /** Logs a kind of failure once a minute: a full disk fails for every series. */
  #say(kind: string, message: string): void {
    const now = performance.now();
    if (now - (this.#saidAt.get(kind) ?? Number.NEGATIVE_INFINITY) < quietMilliseconds) return;
    this.#saidAt.set(kind, now);
    this.#log.error(message, { code: kind });
  }
}
