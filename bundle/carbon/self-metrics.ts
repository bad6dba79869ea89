// Carbon's own counters as metrics under carbon.agents.<host>., named as go-carbon does where they
// mean the same. Counters are what came since the last time; sizes are as they are.
import { hostname } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Cache } from './cache/cache.ts';
import type { Journal } from './journal/journal.ts';
import type { Persister } from './persister/persister.ts';
import type { Gate } from './receivers/gate.ts';
import {
  type Ledger,
  lossReasons,
  type ReceiverCounters,
  refusalReasons,
} from './receivers/ledger.ts';
import type { Intake } from './receivers/receiver.ts';

export interface SelfMetricsParts {
  cache: Cache;
  /** Absent when the journal is off. */
  journal: Journal | undefined;
  persister: Persister;
  ledger: Ledger;
  gate: Gate;
  intake: Intake;
  updatesPerSecond: number;
  /** Datagrams the kernel dropped since the start. */
  kernelDrops: () => Promise<number>;
  /** Further counters (running totals) and sizes, by name. */
  more: () => { counters: Record<string, number>; sizes: Record<string, number> };
}

/** The prefix with this host's name in it. */
export function selfMetricsPrefix(template: string): string {
  return template.replaceAll('{host}', hostname().replace(/[^A-Za-z0-9_-]/g, '_'));
}

const camelCase = (reason: string): string =>
  reason.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

export class SelfMetrics {
  readonly #parts: SelfMetricsParts;
  readonly #prefix: string;
  readonly #counters: ReceiverCounters;
  readonly #last = new Map<string, number>();
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #timer: NodeJS.Timeout | undefined;
  #cpu = process.cpuUsage();
  #at = 0;

  constructor(parts: SelfMetricsParts, prefix: string) {
    this.#parts = parts;
    this.#prefix = prefix;
    this.#counters = parts.ledger.receiver('self');
  }

  /** Emits every `intervalSeconds` from now on. */
  start(intervalSeconds: number): void {
    this.#delay.enable();
    this.#at = this.#parts.intake.clock();
    this.#timer = setInterval(() => void this.emit(), intervalSeconds * 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  /** Puts one point of each metric into the cache. */
  async emit(): Promise<void> {
    const drops = await this.#parts.kernelDrops();
    const { intake } = this.#parts;
    const now = intake.now;
    for (const [name, value] of this.#collect(drops)) {
      const bytes = Buffer.from(`${this.#prefix}.${name}`);
      intake.accept(this.#counters, bytes, 0, bytes.length, now, value);
    }
  }

  *#collect(kernelDrops: number): Generator<[string, number]> {
    const { cache, journal, persister, ledger, gate } = this.#parts;
    const since = (name: string, total: number): [string, number] => {
      const delta = total - (this.#last.get(name) ?? 0);
      this.#last.set(name, total);
      return [name, delta];
    };
    yield ['cache.size', cache.points];
    yield ['cache.sizeBytes', cache.pool.bytesUsed];
    yield ['cache.maxSize', cache.pool.capacity];
    yield ['cache.metrics', cache.table.size];
    yield ['cache.metricsBytes', cache.seriesBytes];
    yield ['cache.queued', cache.queued];
    yield since('cache.queueBuildCount', persister.passes);
    yield ['cache.queueWriteoutTimeMs', persister.lastPassMilliseconds];
    yield since('cache.overflow', this.#overflow());
    yield since('cache.pauses', gate.closings);

    const { state } = persister;
    const [, updates] = since('persister.updateOperations', state.updates);
    const [, points] = since('persister.committedPoints', ledger.stored);
    yield ['persister.updateOperations', updates];
    yield ['persister.committedPoints', points];
    yield ['persister.pointsPerUpdate', updates === 0 ? 0 : points / updates];
    yield since('persister.created', state.created);
    yield since('persister.throttledCreates', state.heldBack);
    yield since('persister.overwrittenPoints', state.overwritten);
    yield since('persister.errors', state.errors);
    yield since('persister.quarantined', state.quarantined);
    yield ['persister.maxUpdatesPerSecond', this.#parts.updatesPerSecond];
    yield ['persister.openFiles', state.openFiles];
    yield ['persister.refusedSeries', state.refusedSeries];
    yield ['persister.createsStopped', state.creationStopped === '' ? 0 : 1];

    if (journal !== undefined) {
      yield since('journal.bytesWritten', journal.bytesWritten);
      yield ['journal.size', journal.bytes];
      yield ['journal.segments', journal.segments];
      yield since('journal.errors', journal.writeErrors);
      yield since('journal.unprotectedPoints', journal.unprotectedPoints);
    }

    for (const receiver of ledger.receivers) {
      const { name } = receiver;
      yield since(`${name}.metricsReceived`, receiver.received);
      yield since(`${name}.errors`, receiver.errors);
      for (const reason of refusalReasons)
        yield since(`${name}.refused.${camelCase(reason)}`, receiver.refused[reason]);
      if (name === 'self' || name === 'journal') continue;
      yield since(`${name}.badFrames`, receiver.badFrames);
      if (name === 'udp') yield since('udp.kernelDrops', kernelDrops);
      else {
        yield [`${name}.active`, receiver.active];
        yield since(`${name}.refusedConnections`, receiver.refusedConnections);
        yield since(`${name}.failedHandshakes`, receiver.failedHandshakes);
      }
    }
    yield since('ledger.received', ledger.received);
    yield since('ledger.stored', ledger.stored);
    yield ['ledger.cached', cache.points];
    yield since('ledger.dropped', ledger.dropped);
    for (const reason of lossReasons)
      yield since(`ledger.lost.${camelCase(reason)}`, ledger.lost[reason]);

    yield* this.#runtime();
    const { counters, sizes } = this.#parts.more();
    for (const [name, total] of Object.entries(counters)) yield since(name, total);
    yield* Object.entries(sizes);
  }

  #overflow(): number {
    return this.#parts.ledger.receivers.reduce(
      (sum, { refused }) => sum + refused['cache-full'],
      0,
    );
  }

  *#runtime(): Generator<[string, number]> {
    const now = this.#parts.intake.clock();
    const used = process.cpuUsage(this.#cpu);
    this.#cpu = process.cpuUsage();
    const elapsed = Math.max(1, now - this.#at);
    this.#at = now;
    yield ['runtime.cpu', (used.user + used.system) / 1000 / elapsed];
    yield ['runtime.rss', process.memoryUsage.rss()];
    yield ['runtime.eventLoopLag', this.#delay.max / 1e6];
    this.#delay.reset();
  }
}
