// Moving windows in linear time. The column is cut into blocks as long as the window; every window
// is then the tail of one block and the head of the next, so running results from both sides of a
// block give each window without ever subtracting: no rounding drift, infinities stay right.
import { type Aggregation, aggregateRange } from './aggregation.ts';

type Merge = (a: number, b: number) => number;

const add: Merge = (a, b) => a + b;
const multiply: Merge = (a, b) => a * b;
const smaller: Merge = (a, b) => Math.min(a, b);
const larger: Merge = (a, b) => Math.max(a, b);

interface WindowedColumn {
  values: Float64Array;
  points: number;
}

/**
 * For each i the merge of the present ones of values[i .. i + points), `empty` if there is none;
 * `empty` must be the neutral element of `merge`.
 */
function mergeWindows(
  { values, points }: WindowedColumn,
  merge: Merge,
  empty: number,
): Float64Array {
  const { length } = values;
  const heads = new Float64Array(length);
  const tails = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const value = !Number.isNaN(values[i]) ? values[i]! : empty;
    heads[i] = i % points === 0 ? value : merge(heads[i - 1]!, value);
  }
  for (let i = length - 1; i >= 0; i--) {
    const value = !Number.isNaN(values[i]) ? values[i]! : empty;
    tails[i] = i % points === points - 1 || i === length - 1 ? value : merge(value, tails[i + 1]!);
  }
  const results = new Float64Array(Math.max(0, length - points + 1));
  for (let i = 0; i < results.length; i++) {
    results[i] = i % points === 0 ? tails[i]! : merge(tails[i]!, heads[i + points - 1]!);
  }
  return results;
}

function countWindows({ values, points }: WindowedColumn): Float64Array {
  const counts = new Float64Array(Math.max(0, values.length - points + 1));
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) count++;
    if (i >= points && !Number.isNaN(values[i - points])) count--;
    if (i >= points - 1) counts[i - points + 1] = count;
  }
  return counts;
}

function indexFrom(sorted: Float64Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The window is kept sorted: finding a place is logarithmic, moving the rest one block copy.
function medianWindows({ values, points }: WindowedColumn): Float64Array {
  const medians = new Float64Array(Math.max(0, values.length - points + 1));
  const sorted = new Float64Array(points + 1);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) {
      const place = indexFrom(sorted, count, value);
      sorted.copyWithin(place + 1, place, count++);
      sorted[place] = value;
    }
    const leaving = i >= points ? values[i - points]! : Number.NaN;
    if (!Number.isNaN(leaving)) {
      const place = indexFrom(sorted, count, leaving);
      sorted.copyWithin(place, place + 1, count--);
    }
    if (i < points - 1) continue;
    const middle = count >> 1;
    medians[i - points + 1] =
      count % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }
  return medians;
}

function lastWindows({ values, points }: WindowedColumn): Float64Array {
  const lasts = new Float64Array(Math.max(0, values.length - points + 1));
  let last = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) last = values[i]!;
    if (i >= points - 1) lasts[i - points + 1] = last;
  }
  return lasts;
}

function quotients(above: Float64Array, below: Float64Array): Float64Array {
  for (let i = 0; i < above.length; i++) above[i]! /= below[i]!;
  return above;
}

function differences(above: Float64Array, below: Float64Array): Float64Array {
  for (let i = 0; i < above.length; i++) above[i]! -= below[i]!;
  return above;
}

function eachWindow({ values, points }: WindowedColumn, aggregation: Aggregation): Float64Array {
  const results = new Float64Array(Math.max(0, values.length - points + 1));
  const present = new Float64Array(points);
  for (let i = 0; i < results.length; i++) {
    let count = 0;
    for (let k = i; k < i + points; k++)
      if (!Number.isNaN(values[k])) present[count++] = values[k]!;
    results[i] = aggregateRange(present, aggregation, 0, count);
  }
  return results;
}

function aggregateWindows(
  column: WindowedColumn,
  aggregation: Aggregation,
  counts: Float64Array,
): Float64Array {
  switch (aggregation) {
    case 'sum':
      return mergeWindows(column, add, 0);
    case 'average':
    case 'avg_zero':
      return quotients(mergeWindows(column, add, 0), counts);
    case 'min':
      return mergeWindows(column, smaller, Number.POSITIVE_INFINITY);
    case 'max':
      return mergeWindows(column, larger, Number.NEGATIVE_INFINITY);
    case 'range':
      return differences(
        mergeWindows(column, larger, Number.NEGATIVE_INFINITY),
        mergeWindows(column, smaller, Number.POSITIVE_INFINITY),
      );
    case 'multiply':
      return mergeWindows(column, multiply, 1);
    case 'count':
      return counts.slice();
    case 'last':
      return lastWindows(column);
    case 'median':
      return medianWindows(column);
    default:
      return eachWindow(column, aggregation);
  }
}

/**
 * For each i the aggregation of the points there are in values[i .. i + points): NaN where there is
 * none or less than the share `xFilesFactor`. A window of no points gives NaN everywhere.
 */
export function moveWindow(
  values: Float64Array,
  points: number,
  aggregation: Aggregation,
  xFilesFactor: number,
): Float64Array {
  if (points < 1) return new Float64Array(values.length + 1).fill(Number.NaN);
  if (points > values.length) return new Float64Array(0);
  const column = { values, points };
  const counts = countWindows(column);
  const results = aggregateWindows(column, aggregation, counts);
  for (let i = 0; i < results.length; i++) {
    const count = counts[i]!;
    if (count === 0 || count / points < xFilesFactor) results[i] = Number.NaN;
  }
  return results;
}
