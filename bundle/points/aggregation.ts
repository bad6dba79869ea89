// Aggregation functions by name: over a stretch of one column, and across the rows of several.
// NaN is a missing point and is left out, as Graphite does.
import { OperatingError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest-name.ts';
import { percentileOfSorted } from './percentile.ts';

const canonicalNames = {
  average: 'average',
  avg: 'average',
  avg_zero: 'avg_zero',
  count: 'count',
  current: 'last',
  diff: 'diff',
  last: 'last',
  max: 'max',
  median: 'median',
  min: 'min',
  multiply: 'multiply',
  range: 'range',
  rangeOf: 'range',
  stddev: 'stddev',
  sum: 'sum',
  total: 'sum',
} as const;

/** Every name an aggregation function goes by, as users may write it. */
export const aggregationNames = Object.keys(canonicalNames) as readonly string[];

type Kind = (typeof canonicalNames)[keyof typeof canonicalNames];
/** A checked aggregation: one of Graphite's, or carbonapi's `p95` percentiles. */
export type Aggregation = Kind | { percentile: number };

const percentileName = /^p(\d{1,3}(?:\.\d+)?)$/;

/** Whether `name` is an aggregation function. */
export function isAggregation(name: string): boolean {
  return Object.hasOwn(canonicalNames, name) || percentileName.test(name);
}

/** The aggregation called `name`; throws an OperatingError `bad-argument` naming the nearest. */
export function resolveAggregation(name: string): Aggregation {
  if (Object.hasOwn(canonicalNames, name)) {
    return canonicalNames[name as keyof typeof canonicalNames];
  }
  const percentile = percentileName.exec(name);
  if (percentile !== null) return { percentile: Number(percentile[1]) };
  throw new OperatingError(
    'bad-argument',
    `there is no aggregation function "${name}"${didYouMean(name, aggregationNames)}`,
  );
}

/** The non-missing values of a stretch, ascending. */
export function sortedPresent(values: Float64Array, from = 0, to = values.length): Float64Array {
  const present = new Float64Array(to - from);
  let count = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) present[count++] = value;
  }
  return present.subarray(0, count).sort();
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How many points of a stretch are there. */
export function countPresent(values: Float64Array, from = 0, to = values.length): number {
  let count = 0;
  for (let i = from; i < to; i++) if (!Number.isNaN(values[i])) count++;
  return count;
}

function sumOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) sum += value;
  }
  return sum;
}

function extremeOf(values: Float64Array, from: number, to: number, sign: 1 | -1): number {
  let extreme = Number.NaN;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value) && !(extreme * sign >= value * sign)) extreme = value;
  }
  return extreme;
}

function deviationOf(values: Float64Array, from: number, to: number, count: number): number {
  const mean = sumOf(values, from, to) / count;
  let squares = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) squares += (value - mean) * (value - mean);
  }
  return Math.sqrt(squares / count);
}

function lastOf(values: Float64Array, from: number, to: number): number {
  for (let i = to - 1; i >= from; i--) if (!Number.isNaN(values[i])) return values[i]!;
  return Number.NaN;
}

function firstIndexOf(values: Float64Array, from: number, to: number): number {
  for (let i = from; i < to; i++) if (!Number.isNaN(values[i])) return i;
  return -1;
}

function productOf(values: Float64Array, from: number, to: number): number {
  let product = 1;
  for (let i = from; i < to; i++) product *= values[i]!;
  return product;
}

/** One value for `values[from..to)`; NaN when nothing is there (but count is then 0). */
export function aggregateRange(
  values: Float64Array,
  aggregation: Aggregation,
  from = 0,
  to = values.length,
): number {
  if (to <= from) return aggregation === 'count' ? 0 : Number.NaN;
  if (typeof aggregation === 'object') {
    return percentileOfSorted(sortedPresent(values, from, to), aggregation.percentile, true);
  }
  const count = countPresent(values, from, to);
  if (aggregation === 'count') return count;
  if (aggregation === 'avg_zero') return sumOf(values, from, to) / (to - from);
  if (count === 0) return Number.NaN;
  switch (aggregation) {
    case 'sum':
      return sumOf(values, from, to);
    case 'average':
      return sumOf(values, from, to) / count;
    case 'min':
      return extremeOf(values, from, to, -1);
    case 'max':
      return extremeOf(values, from, to, 1);
    case 'range':
      return extremeOf(values, from, to, 1) - extremeOf(values, from, to, -1);
    case 'last':
      return lastOf(values, from, to);
    case 'multiply':
      return productOf(values, from, to);
    case 'median':
      return medianOfSorted(sortedPresent(values, from, to));
    case 'stddev':
      return deviationOf(values, from, to, count);
    case 'diff': {
      const first = firstIndexOf(values, from, to);
      let difference = values[first]!;
      for (let i = first + 1; i < to; i++) {
        if (!Number.isNaN(values[i])) difference -= values[i]!;
      }
      return difference;
    }
  }
}
