// Putting several points of a series together as one, and how many for a picture of so many points.
// Buckets with too few values (xFilesFactor) are null.
import {
  type Aggregation,
  aggregateRange,
  isAggregation,
  resolveAggregation,
} from './aggregation.ts';

/** What of a series consolidation looks at. */
export interface PointColumn {
  /** Time of values[0], unix seconds. */
  start: number;
  /** Seconds from one value to the next, > 0. */
  step: number;
  /** Unix seconds where the series ends, exclusive. */
  end: number;
  /** NaN where there is no point. */
  values: Float64Array;
  /** How its points are put together, in anybody's words: carbon's, go-carbon's, graphite-web's. */
  consolidate: string;
  /** Share of non-null points that a consolidated point needs, 0..1. */
  xFilesFactor: number;
}

/** One value for `values[from, to)`, of which at least one is not NaN. */
type Reducer = (values: Float64Array, from: number, to: number) => number;

const first: Reducer = (values, from, to) => {
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (!Number.isNaN(value)) return value;
  }
  return Number.NaN;
};

/** The value farthest from zero (`sign` 1) or nearest to it (-1), with its own sign. */
const absolute =
  (sign: 1 | -1): Reducer =>
  (values, from, to) => {
    let best = Number.NaN;
    for (let i = from; i < to; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value) || Math.abs(best) * sign >= Math.abs(value) * sign) continue;
      best = value;
    }
    return best;
  };

const storeReducers: Record<string, Reducer> = {
  first,
  absmax: absolute(1),
  absmin: absolute(-1),
};

/** What `name` means, whoever sent it. Unknown ones average. */
function reducerOf(name: string): Reducer | Aggregation {
  const plain = name.replace(/Series$/, '');
  return storeReducers[plain] ?? (isAggregation(plain) ? resolveAggregation(plain) : 'average');
}

/** Sums and averages of all buckets in one pass: nearly all series are consolidated so. */
function addUp(
  { values, xFilesFactor }: PointColumn,
  buckets: Float64Array,
  options: { perBucket: number; skip: number; isAverage: boolean },
): void {
  const { perBucket, skip, isAverage } = options;
  let i = skip;
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    const to = Math.min(i + perBucket, values.length);
    let total = 0;
    let count = 0;
    for (; i < to; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value)) continue;
      total += value;
      count++;
    }
    const isFull = count > 0 && count / perBucket >= xFilesFactor;
    buckets[bucket] = isFull ? (isAverage ? total / count : total) : Number.NaN;
  }
}

/**
 * Every `perBucket` values of `column` as one, by its own consolidation function, from index `skip` on;
 * the last bucket may be shorter. A bucket needs at least one value, and values in a share
 * `column.xFilesFactor` of a whole one. Returns new values.
 */
export function consolidateValues(column: PointColumn, perBucket: number, skip = 0): Float64Array {
  const { values, xFilesFactor } = column;
  const reduce = reducerOf(column.consolidate);
  const buckets = new Float64Array(Math.ceil(Math.max(0, values.length - skip) / perBucket));
  if (reduce === 'average' || reduce === 'sum') {
    addUp(column, buckets, { perBucket, skip, isAverage: reduce === 'average' });
    return buckets;
  }
  for (let bucket = 0, from = skip; bucket < buckets.length; bucket++, from += perBucket) {
    const to = Math.min(from + perBucket, values.length);
    let count = 0;
    for (let i = from; i < to; i++) if (!Number.isNaN(values[i] as number)) count++;
    if (count === 0 || count / perBucket < xFilesFactor) buckets[bucket] = Number.NaN;
    else if (typeof reduce === 'function') buckets[bucket] = reduce(values, from, to);
    else buckets[bucket] = aggregateRange(values, reduce, from, to);
  }
  return buckets;
}

/**
 * How many points of a series make one, so that `seconds` have no more than `maxDataPoints` (> 1);
 * 1 when nothing is to be done.
 */
export function pointsPerBucket(step: number, seconds: number, maxDataPoints: number): number {
  const points = seconds / step;
  return maxDataPoints >= points ? 1 : Math.ceil(points / maxDataPoints);
}

/** `column` with every `perBucket` (> 1) points as one, as Graphite aligns such buckets. */
export function consolidatePoints(
  column: PointColumn,
  perBucket: number,
): { start: number; step: number; values: Float64Array } {
  const step = perBucket * column.step;
  // Buckets begin at multiples of their length, so that they stay put while the window moves on.
  const nudge = step + (column.start % column.step) - (column.start % step);
  const start = column.start + nudge;
  const skip = Math.max(0, Math.floor(nudge / column.step) - 1);
  const values = consolidateValues(column, perBucket, skip);
  const room = Math.max(0, Math.floor((column.end - start) / step) + 1);
  return { start, step, values: values.length > room ? values.subarray(0, room) : values };
}
