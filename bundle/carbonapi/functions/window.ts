// Moving windows in time linear in the points, whatever the length of the window (the rare
// aggregations excepted).
import { type Aggregation, aggregateRange } from '../../points/aggregation.ts';

interface WindowedColumn {
  values: Float64Array;
  points: number;
}

/** How many windows there are. */
const windowCount = ({ values, points }: WindowedColumn): number =>
  Math.max(0, values.length - points + 1);

// The column is cut into blocks as long as the window. A window is the tail of one block and the head
// of the next; adding both never subtracts, so nothing drifts and infinities leave with their points.
// What each addition rounds off is kept in a second number (Knuth's two-sum): windows with the same
// points then have the same sum wherever the blocks lie, and a flat line stays flat.
function sumWindows(column: WindowedColumn): Float64Array {
  const { values, points } = column;
  const sums = new Float64Array(windowCount(column));
  const tails = new Float64Array(points);
  const tailRests = new Float64Array(points);
  for (let block = 0; block < sums.length; block += points) {
    let sum = 0;
    let rest = 0;
    for (let k = points - 1; k >= 0; k--) {
      const value = values[block + k]!;
      if (!Number.isNaN(value)) {
        const next = sum + value;
        const added = next - sum;
        rest += sum - (next - added) + (value - added);
        sum = next;
      }
      tails[k] = sum;
      tailRests[k] = rest;
    }
    const windows = Math.min(points, sums.length - block);
    sum = 0;
    rest = 0;
    for (let k = 0; k < windows; k++) {
      const value = k === 0 ? Number.NaN : values[block + points + k - 1]!;
      if (!Number.isNaN(value)) {
        const next = sum + value;
        const added = next - sum;
        rest += sum - (next - added) + (value - added);
        sum = next;
      }
      const tail = tails[k]!;
      const total = tail + sum;
      const added = total - tail;
      const rests = tail - (total - added) + (sum - added) + rest + tailRests[k]!;
      // Of infinities nothing is rounded off.
      sums[block + k] = Number.isNaN(rests) ? total : total + rests;
    }
  }
  return sums;
}

// A queue of the indexes that can still be the extreme of some window: each value drops those
// before it that it beats, so that the first is always the extreme of the current window.
function extremeWindows(column: WindowedColumn, sign: 1 | -1): Float64Array {
  const { values, points } = column;
  const extremes = new Float64Array(windowCount(column));
  const queue = new Int32Array(values.length);
  let first = 0;
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! * sign;
    if (!Number.isNaN(value)) {
      while (end > first && values[queue[end - 1]!]! * sign <= value) end--;
      queue[end++] = i;
    }
    if (end > first && queue[first]! <= i - points) first++;
    if (i >= points - 1)
      extremes[i - points + 1] = end > first ? values[queue[first]!]! : Number.NaN;
  }
  return extremes;
}

function countWindows(column: WindowedColumn): Float64Array {
  const { values, points } = column;
  const counts = new Float64Array(windowCount(column));
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
function medianWindows(column: WindowedColumn): Float64Array {
  const { values, points } = column;
  const medians = new Float64Array(windowCount(column));
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

function lastWindows(column: WindowedColumn): Float64Array {
  const { values, points } = column;
  const lasts = new Float64Array(windowCount(column));
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

function eachWindow(column: WindowedColumn, aggregation: Aggregation): Float64Array {
  const { values, points } = column;
  const results = new Float64Array(windowCount(column));
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
      return sumWindows(column);
    case 'average':
    case 'avg_zero':
      return quotients(sumWindows(column), counts);
    case 'min':
      return extremeWindows(column, -1);
    case 'max':
      return extremeWindows(column, 1);
    case 'range':
      return differences(extremeWindows(column, 1), extremeWindows(column, -1));
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
  if (points < 1) return new Float64Array(values.length - points + 1).fill(Number.NaN);
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
