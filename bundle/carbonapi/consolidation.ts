// Putting several points together as one: maxDataPoints, images, and functions that bring series to a
// common step. Buckets with too few values (xFilesFactor) are null.
import {
  type Aggregation,
  aggregateRange,
  isAggregation,
  resolveAggregation,
} from './functions/aggregation.ts';
import type { Series } from './series.ts';

/** The consolidation functions that users may ask for by consolidateBy. */
export const consolidationNames = [
  'average',
  'avg',
  'avg_zero',
  'first',
  'last',
  'max',
  'min',
  'sum',
] as const;

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

/** What `name` means, whoever sent it: carbon, go-carbon, graphite-web, consolidateBy. Unknown ones average. */
function reducerOf(name: string): Reducer | Aggregation {
  const plain = name.replace(/Series$/, '');
  return storeReducers[plain] ?? (isAggregation(plain) ? resolveAggregation(plain) : 'average');
}

/** Sums and averages of all buckets in one pass: nearly all series are consolidated so. */
function addUp(
  { values, xFilesFactor }: Series,
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
 * Every `perBucket` values of `series` as one, by its own consolidation function, from index `skip` on;
 * the last bucket may be shorter. A bucket needs at least one value, and values in a share
 * `series.xFilesFactor` of a whole one. Returns new values.
 */
export function consolidateValues(series: Series, perBucket: number, skip = 0): Float64Array {
  const { values, xFilesFactor } = series;
  const reduce = reducerOf(series.consolidate);
  const buckets = new Float64Array(Math.ceil(Math.max(0, values.length - skip) / perBucket));
  if (reduce === 'average' || reduce === 'sum') {
    addUp(series, buckets, { perBucket, skip, isAverage: reduce === 'average' });
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

/** The values of `series` as one point per `step` seconds, a multiple of its own step; perhaps its own. */
export function valuesAtStep(series: Series, step: number): Float64Array {
  const perBucket = Math.floor(step / series.step);
  return perBucket <= 1 ? series.values : consolidateValues(series, perBucket);
}

function consolidateOne(series: Series, seconds: number, maxDataPoints: number): Series {
  const points = seconds / series.step;
  if (maxDataPoints >= points) return series;
  const perPoint = Math.ceil(points / maxDataPoints);
  const step = perPoint * series.step;
  // Buckets begin at multiples of their length, so that they stay put while the window moves on.
  const nudge = step + (series.start % series.step) - (series.start % step);
  const start = series.start + nudge;
  const skip = Math.max(0, Math.floor(nudge / series.step) - 1);
  let values = consolidateValues(series, perPoint, skip);
  const room = Math.max(0, Math.floor((series.end - start) / step) + 1);
  if (values.length > room) values = values.subarray(0, room);
  return { ...series, start, step, values };
}

function consolidateToOnePoint(series: Series): Series {
  if (series.values.length === 0) return series;
  const values = consolidateValues(series, series.values.length);
  return { ...series, step: series.values.length * series.step, values };
}

/**
 * Gives a series of `list` at most `maxDataPoints` points, in Graphite's way: bucket lengths follow from
 * the time range of the whole list.
 */
export function consolidatorFor(
  list: readonly Series[],
  maxDataPoints: number,
): (series: Series) => Series {
  if (maxDataPoints === 1) return consolidateToOnePoint;
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const series of list) {
    if (series.start < start) start = series.start;
    if (series.end > end) end = series.end;
  }
  return (series) => consolidateOne(series, end - start, maxDataPoints);
}
