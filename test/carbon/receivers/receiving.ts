// The receiving side without files: a cache, a gate and a ledger for tests of receivers.
import { Cache, type PointJournal } from '../../../bundle/carbon/cache/cache.ts';
import { Gate } from '../../../bundle/carbon/receivers/gate.ts';
import { Ledger } from '../../../bundle/carbon/receivers/ledger.ts';
import { Intake, type ReceiverContext } from '../../../bundle/carbon/receivers/receiver.ts';
import { silentLogger } from '../../../bundle/core/log.ts';

export const testNow = 1_700_000_000;

export const noJournal: PointJournal = { segment: 1, add() {}, hold() {}, letGo() {} };

export interface Receiving extends ReceiverContext {
  /** What time it is, in unix seconds; may be set. */
  time: { now: number };
  cache: Cache;
  /** Points held for a metric, as [time, value]. */
  points(metric: string): [number, number][];
  /** Throws away everything held, as if it had been written. */
  settleAll(): void;
}

export function createReceiving(
  options: { bytesMax?: number; seriesMax?: number } = {},
): Receiving {
  const cache = new Cache(
    {
      bytesMax: options.bytesMax ?? 8 << 20,
      nameBytesMax: 1024,
      seriesMax: options.seriesMax ?? 100_000,
    },
    noJournal,
  );
  const gate = new Gate({ mustClose: () => cache.isFull, mayOpen: () => cache.hasRoom });
  const time = { now: testNow };
  const intake = new Intake({
    cache,
    clock: () => time.now * 1000,
    futureSeconds: 86_400,
    flushJournal: undefined,
  });
  return {
    cache,
    gate,
    intake,
    time,
    ledger: new Ledger(),
    log: silentLogger,
    points: (metric) => {
      const { times, values } = cache.read(metric);
      return Array.from(times, (time, k) => [time, values[k] as number]);
    },
    settleAll: () => {
      for (const id of cache.takeQueue()) {
        const count = cache.pendingOf(id);
        const detached = { count: 0, newest: 0, oldest: 0, segment: 0 };
        cache.detach(id, new Float64Array(count), new Float64Array(count), 0, detached);
        cache.settle(id, detached);
      }
      gate.check();
    },
  };
}
