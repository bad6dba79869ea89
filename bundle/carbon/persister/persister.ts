// Moves pending points from the cache to files: in passes over the series that wait, in batches to
// the writing side, within the limit of updates a second. Owns the decision what happens to points
// that could not be written.
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Cache, Detached } from '../cache/cache.ts';
import type { Ledger } from '../receivers/ledger.ts';
import {
  type BatchWriter,
  newWriterState,
  outcomes,
  seriesMax,
  WriteBatch,
  type WriterState,
} from './write-batch.ts';
import { orderSeries, type WriteStrategy } from './write-strategy.ts';

export interface PersisterOptions {
  strategy: WriteStrategy;
  /** Rest between two passes. */
  intervalMilliseconds: number;
  /** 0 = no limit. */
  updatesPerSecond: number;
}

// Two batches under way keep the writing side busy; more would only be memory.
const batchesMax = 2;
const retryMilliseconds = 1000;
// With a limit of updates a pass may take long; then the order is decided anew.
const passMillisecondsMax = 60_000;
const drainMillisecondsMax = 60_000;
// Series whose files may not be created yet keep their points while the cache is emptier than this.
const heldBackFillMax = 0.5;

interface Journey {
  batch: WriteBatch;
  detached: Detached[];
}

export class Persister {
  state: WriterState = newWriterState();
  passes = 0;
  lastPassMilliseconds = 0;
  /** Called after each batch that came back. */
  onProgress: () => void = () => {};
  /** Called with the id of each series that got a file. */
  onCreated: (id: number) => void = () => {};
  /** Called with the id of each series that must not get a file. */
  onRefused: (id: number) => void = () => {};
  readonly #cache: Cache;
  readonly #ledger: Ledger;
  readonly #writer: BatchWriter;
  readonly #log: Logger;
  readonly #clock: Clock;
  #options: PersisterOptions;
  #idle: Journey[] = [];
  #waitingForIdle: (() => void) | undefined;
  #underWay = 0;
  #allowance = 0;
  #allowanceAt = 0;
  #hasFailed = false;
  #isStopping = false;
  #wake: (() => void) | undefined;
  #loop: Promise<void> | undefined;

  /** `parts.clock` counts milliseconds and never jumps. */
  constructor(
    parts: { cache: Cache; ledger: Ledger; writer: BatchWriter; log: Logger; clock: Clock },
    options: PersisterOptions,
  ) {
    this.#cache = parts.cache;
    this.#ledger = parts.ledger;
    this.#writer = parts.writer;
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.#options = options;
    this.#allowance = options.updatesPerSecond;
    this.#allowanceAt = parts.clock();
    for (let k = 0; k < batchesMax; k++) {
      this.#idle.push({
        batch: new WriteBatch(),
        detached: Array.from({ length: seriesMax }, () => ({
          count: 0,
          newest: 0,
          oldest: 0,
          segment: 0,
        })),
      });
    }
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Changes the limits and the order from the next pass on. */
  configure(options: PersisterOptions): void {
    this.#options = options;
    this.wake();
  }

  /** Begins the next pass now rather than after the rest. */
  wake(): void {
    this.#wake?.();
  }

  /** Writes all that can be written, without the limit of updates, then ends. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.wake();
    await this.#loop;
    await this.#writer.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      if (this.#cache.queued > 0) await this.#pass();
      const rest = this.#options.intervalMilliseconds;
      await this.#sleep(this.#hasFailed ? Math.max(rest, retryMilliseconds) : rest);
    }
    await this.#drain();
  }

  async #drain(): Promise<void> {
    const deadline = this.#clock() + drainMillisecondsMax;
    while (this.#cache.queued > 0 && this.#clock() < deadline) {
      const before = this.#cache.points;
      await this.#pass();
      if (this.#hasFailed && this.#cache.points >= before) break;
    }
    if (this.#cache.points > 0) {
      this.#log.warn('points could not be written and stay in the journal', {
        points: this.#cache.points,
      });
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#wake = done;
    });
  }

  async #pass(): Promise<void> {
    const begun = this.#clock();
    this.#hasFailed = false;
    const ids = this.#cache.takeQueue();
    orderSeries(this.#options.strategy, ids, this.#cache);
    let next = 0;
    while (next < ids.length) {
      if (this.#clock() - begun > passMillisecondsMax && this.#isLimited) break;
      const allowed = this.#takeAllowance(ids.length - next);
      if (allowed === 0) {
        await this.#sleep(100);
        continue;
      }
      const journey = await this.#nextIdle();
      const taken = this.#fill(journey, ids, next, allowed);
      this.#giveAllowanceBack(allowed - taken);
      next += taken;
      this.#send(journey);
    }
    for (; next < ids.length; next++) this.#cache.requeue(ids[next] as number);
    await this.#allIdle();
    this.passes++;
    this.lastPassMilliseconds = this.#clock() - begun;
  }

  get #isLimited(): boolean {
    return this.#options.updatesPerSecond > 0 && !this.#isStopping;
  }

  /** How many series may be written now, at most `wanted`. */
  #takeAllowance(wanted: number): number {
    if (!this.#isLimited) return wanted;
    const { updatesPerSecond } = this.#options;
    const now = this.#clock();
    const earned = (Math.max(0, now - this.#allowanceAt) / 1000) * updatesPerSecond;
    this.#allowance = Math.min(Math.max(1, updatesPerSecond), this.#allowance + earned);
    this.#allowanceAt = now;
    const taken = Math.min(wanted, Math.floor(this.#allowance));
    this.#allowance -= taken;
    return taken;
  }

  #giveAllowanceBack(series: number): void {
    this.#allowance += series;
  }

  #fill({ batch, detached }: Journey, ids: Uint32Array, from: number, allowed: number): number {
    const cache = this.#cache;
    const { table } = cache;
    batch.clear();
    const end = from + allowed;
    let at = from;
    for (; at < end; at++) {
      const id = ids[at] as number;
      const count = cache.pendingOf(id);
      const nameBytes = table.nameLength(id);
      if (!batch.hasRoomFor(count, nameBytes)) {
        if (at > from) break;
        // One series with more points than a batch has room for.
        batch.widen(count);
      }
      const k = batch.series++;
      cache.detach(id, batch.times, batch.values, batch.points, detached[k] as Detached);
      batch.ids[k] = id;
      batch.counts[k] = count;
      batch.nameLengths[k] = nameBytes;
      table.copyName(id, batch.names, batch.nameBytes);
      batch.points += count;
      batch.nameBytes += nameBytes;
    }
    return at - from;
  }

  #send(journey: Journey): void {
    this.#underWay++;
    this.#writer
      .write(journey.batch)
      .then((state) => this.#settle(journey, state))
      .catch((error: unknown) => {
        // The writing side is broken, not the disk: let the process end, the journal has the points.
        setImmediate(() => {
          throw error instanceof Error ? error : new Error(messageOf(error));
        });
      });
  }

  #settle(journey: Journey, state: WriterState): void {
    const { batch, detached } = journey;
    const cache = this.#cache;
    const { lost } = this.#ledger;
    let settled = 0;
    for (let k = 0; k < batch.series; k++) {
      const id = batch.ids[k] as number;
      const points = detached[k] as Detached;
      const outcome = batch.outcomes[k];
      if (outcome === outcomes.stored) {
        settled += points.count;
      } else if (outcome === outcomes.created) {
        settled += points.count;
        this.onCreated(id);
      } else if (outcome === outcomes.badPath) {
        lost['bad-path'] += points.count;
      } else if (outcome === outcomes.overBudget || outcome === outcomes.denied) {
        lost[outcome === outcomes.denied ? 'create-denied' : 'create-budget'] += points.count;
        this.onRefused(id);
      } else if (outcome === outcomes.heldBack && cache.fill > heldBackFillMax) {
        lost['create-limit'] += points.count;
      } else {
        this.#hasFailed = true;
        cache.giveBack(id, points);
        continue;
      }
      cache.settle(id, points);
    }
    const tooOld = state.tooOld - this.state.tooOld;
    lost['too-old'] += tooOld;
    this.#ledger.stored += settled - tooOld;
    this.state = { ...state };
    this.#underWay--;
    this.#idle.push(journey);
    this.onProgress();
    this.#waitingForIdle?.();
  }

  async #nextIdle(): Promise<Journey> {
    for (;;) {
      const journey = this.#idle.pop();
      if (journey !== undefined) return journey;
      await this.#someIdle();
    }
  }

  async #allIdle(): Promise<void> {
    while (this.#underWay > 0) await this.#someIdle();
  }

  #someIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#waitingForIdle = () => {
        this.#waitingForIdle = undefined;
        resolve();
      };
    });
  }
}
