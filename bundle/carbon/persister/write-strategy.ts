// In which order a pass writes the series that wait.
import type { Cache } from '../cache/cache.ts';

export const writeStrategies = ['max', 'sorted', 'noop'] as const;
export type WriteStrategy = (typeof writeStrategies)[number];

const bucketsMax = 1024;

/**
 * Orders `ids` in place: `max` the series with the most points first, `sorted` by name (as files
 * lie in directories), `noop` as they came.
 */
export function orderSeries(strategy: WriteStrategy, ids: Uint32Array, cache: Cache): void {
  if (strategy === 'max') orderByPoints(ids, cache);
  else if (strategy === 'sorted') {
    const named = Array.from(ids, (id) => ({ id, name: cache.table.nameBytes(id) }));
    named.sort((a, b) => Buffer.compare(a.name, b.name));
    named.forEach(({ id }, k) => {
      ids[k] = id;
    });
  }
}

// A counting sort, as this runs on the thread that receives; more than bucketsMax points are alike.
function orderByPoints(ids: Uint32Array, cache: Cache): void {
  const starts = new Uint32Array(bucketsMax + 1);
  const bucketOf = (id: number): number => bucketsMax - Math.min(cache.pendingOf(id), bucketsMax);
  for (const id of ids) starts[bucketOf(id)]!++;
  let sum = 0;
  for (let bucket = 0; bucket <= bucketsMax; bucket++) {
    const size = starts[bucket] as number;
    starts[bucket] = sum;
    sum += size;
  }
  for (const id of ids.slice()) ids[starts[bucketOf(id)]!++] = id;
}
