// Putting several points together as one: maxDataPoints, images, and functions that bring series to a
// common step. Buckets with too few values (xFilesFactor) are null.
import type { ConsolidationName, Series } from './series.ts';

/** Combines the non-null values of `values[from, to)`; `count` of them are not NaN, at least one. */
type Reducer = (values: Float64Array, from: number, to: number, count: number) => number;

const sum: Reducer = (values, from, to) => {
  let total = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (!Number.isNaN(value)) total += value;
  }
  return total;
};
const max: Reducer = (values, from, to) => {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (value > best) best = value;
  }
  return best;
};
const min: Reducer = (values, from, to) => {
  let best = Number.POSITIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (value < best) best = value;
  }
  return best;
};
const first: Reducer = (values, from, to) => {
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (!Number.isNaN(value)) return value;
  }
  return Number.NaN;
};
const last: Reducer = (values, from, to) => {
  for (let i = to - 1; i >= from; i--) {
    const value = values[i] as number;
    if (!Number.isNaN(value)) return value;
  }
  return Number.NaN;
};

function present(values: Float64Array, from: number, to: number): Float64Array {
  return values.subarray(from, to).filter((value) => !Number.isNaN(value));
}
const median: Reducer = (values, from, to) => {
  const sorted = present(values, from, to).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
};
const stddev: Reducer = (values, from, to, count) => {
  const mean = sum(values, from, to, count) / count;
  let squares = 0;
  for (const value of present(values, from, to)) squares += (value - mean) ** 2;
  return Math.sqrt(squares / count);
};
const diff: Reducer = (values, from, to) => {
  const [head = Number.NaN, ...rest] = present(values, from, to);
  return rest.reduce((left, value) => left - value, head);
};

const average: Reducer = (values, from, to, count) => sum(values, from, to, count) / count;
const range: Reducer = (values, from, to, count) =>
  max(values, from, to, count) - min(values, from, to, count);
const absolute = (wantsLarger: boolean): Reducer => {
  return (values, from, to) => {
    let best = Number.NaN;
    for (const value of present(values, from, to)) {
      const isBetter = wantsLarger
        ? Math.abs(value) > Math.abs(best)
        : Math.abs(value) < Math.abs(best);
      if (Number.isNaN(best) || isBetter) best = value;
    }
    return best;
  };
};

const reducers: Record<string, Reducer> = {
  average,
  avg: average,
  avg_zero: (values, from, to, count) => sum(values, from, to, count) / (to - from),
  sum,
  total: sum,
  max,
  min,
  first,
  last,
  current: last,
  count: (_values, _from, _to, count) => count,
  median,
  diff,
  multiply: (values, from, to) => present(values, from, to).reduce((a, b) => a * b, 1),
  range,
  rangeOf: range,
  stddev,
  absmax: absolute(true),
  absmin: absolute(false),
};

function reducerOf(name: ConsolidationName): Reducer {
  const known = reducers[name] ?? reducers[name.replace(/Series$/, '')];
  if (known !== undefined) return known;
  // Percentiles as go-carbon's aggregation files name them: p95, p99.9; unknown names average.
  const percentile = /^p(\d+(?:\.\d+)?)$/.exec(name);
  if (percentile === null) return average;
  const share = Math.min(Number(percentile[1]) / 100, 1);
  return (values, from, to) => {
    const sorted = present(values, from, to).sort();
    const rank = share * (sorted.length - 1);
    const below = sorted[Math.floor(rank)] as number;
    return below + ((sorted[Math.ceil(rank)] as number) - below) * (rank - Math.floor(rank));
  };
}

/**
 * Every `perPoint` values of `series` as one, from `skip` on; the last bucket may be shorter. A bucket
 * needs at least one value, and values in a share `series.xFilesFactor` of a whole one. Returns new values.
 */
export function consolidateValues(series: Series, perPoint: number, skip = 0): Float64Array {
  const { values, xFilesFactor } = series;
  const reduce = reducerOf(series.consolidate);
  const length = Math.max(0, values.length - skip);
  const result = new Float64Array(Math.ceil(length / perPoint));
  for (let bucket = 0, from = skip; bucket < result.length; bucket++, from += perPoint) {
    const to = Math.min(from + perPoint, values.length);
    let count = 0;
    for (let i = from; i < to; i++) if (!Number.isNaN(values[i] as number)) count++;
    const isFull = count > 0 && count / perPoint >= xFilesFactor;
    result[bucket] = isFull ? reduce(values, from, to, count) : Number.NaN;
  }
  return result;
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

/**
 * At most `maxDataPoints` points for each series, in Graphite's way: bucket lengths follow from the
 * time range of all series together.
 */
export function consolidateForDisplay(list: readonly Series[], maxDataPoints: number): Series[] {
  if (list.length === 0) return [];
  if (maxDataPoints === 1) {
    return list.map((series) => {
      if (series.values.length === 0) return series;
      const values = consolidateValues(series, series.values.length);
      return { ...series, step: series.values.length * series.step, values };
    });
  }
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const series of list) {
    if (series.start < start) start = series.start;
    if (series.end > end) end = series.end;
  }
  return list.map((series) => consolidateOne(series, end - start, maxDataPoints));
}
