// Aggregation across series, row by row: each column is walked once, running totals per row.
import { type Aggregation, aggregateRange, sortedPresent } from './aggregation.ts';

/** The longest column decides how many rows there are. */
export function rowCount(columns: readonly Float64Array[]): number {
  let rows = 0;
  for (const column of columns) rows = Math.max(rows, column.length);
  return rows;
}

function countRows(columns: readonly Float64Array[], rows: number): Float64Array {
  const counts = new Float64Array(rows);
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) if (!Number.isNaN(column[i])) counts[i]!++;
  }
  return counts;
}

function sumRows(columns: readonly Float64Array[], rows: number): Float64Array {
  const sums = new Float64Array(rows);
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const value = column[i]!;
      if (!Number.isNaN(value)) sums[i]! += value;
    }
  }
  return sums;
}

function extremeRows(columns: readonly Float64Array[], rows: number, sign: 1 | -1): Float64Array {
  const extremes = new Float64Array(rows).fill(Number.NaN);
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const value = column[i]!;
      if (!Number.isNaN(value) && !(extremes[i]! * sign >= value * sign)) extremes[i] = value;
    }
  }
  return extremes;
}

function multiplyRows(columns: readonly Float64Array[], rows: number): Float64Array {
  const products = new Float64Array(rows).fill(1);
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) products[i]! *= column[i]!;
    for (let i = column.length; i < rows; i++) products[i] = Number.NaN;
  }
  return products;
}

function lastRows(columns: readonly Float64Array[], rows: number): Float64Array {
  const last = new Float64Array(rows).fill(Number.NaN);
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) if (!Number.isNaN(column[i])) last[i] = column[i]!;
  }
  return last;
}

function diffRows(columns: readonly Float64Array[], rows: number): Float64Array {
  const differences = new Float64Array(rows).fill(Number.NaN);
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const value = column[i]!;
      if (Number.isNaN(value)) continue;
      const soFar = differences[i]!;
      differences[i] = !Number.isNaN(soFar) ? soFar - value : value;
    }
  }
  return differences;
}

function deviationRows(
  columns: readonly Float64Array[],
  rows: number,
  counts: Float64Array,
): Float64Array {
  const means = sumRows(columns, rows);
  for (let i = 0; i < rows; i++) means[i]! /= counts[i]!;
  const deviations = new Float64Array(rows);
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const distance = column[i]! - means[i]!;
      if (!Number.isNaN(distance)) deviations[i]! += distance * distance;
    }
  }
  for (let i = 0; i < rows; i++) deviations[i] = Math.sqrt(deviations[i]! / counts[i]!);
  return deviations;
}

// Medians and percentiles have no running form: each row is gathered and sorted.
function gatherRows(
  columns: readonly Float64Array[],
  rows: number,
  reduce: (row: Float64Array) => number,
): Float64Array {
  const results = new Float64Array(rows);
  const row = new Float64Array(columns.length);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < columns.length; c++) row[c] = columns[c]![i] ?? Number.NaN;
    results[i] = reduce(row);
  }
  return results;
}

function reduceRows(
  columns: readonly Float64Array[],
  aggregation: Aggregation,
  rows: number,
  counts: Float64Array,
): Float64Array {
  switch (aggregation) {
    case 'sum':
      return sumRows(columns, rows);
    case 'average': {
      const sums = sumRows(columns, rows);
      for (let i = 0; i < rows; i++) sums[i]! /= counts[i]!;
      return sums;
    }
    case 'avg_zero': {
      const sums = sumRows(columns, rows);
      for (let i = 0; i < rows; i++) sums[i]! /= columns.length;
      return sums;
    }
    case 'count':
      return counts.slice();
    case 'min':
      return extremeRows(columns, rows, -1);
    case 'max':
      return extremeRows(columns, rows, 1);
    case 'range': {
      const highest = extremeRows(columns, rows, 1);
      const lowest = extremeRows(columns, rows, -1);
      for (let i = 0; i < rows; i++) highest[i]! -= lowest[i]!;
      return highest;
    }
    case 'multiply':
      return multiplyRows(columns, rows);
    case 'last':
      return lastRows(columns, rows);
    case 'diff':
      return diffRows(columns, rows);
    case 'stddev':
      return deviationRows(columns, rows, counts);
    default:
      return gatherRows(columns, rows, (row) => aggregateRange(row, aggregation));
  }
}

/**
 * One column from several: row i is the aggregation of every column's i-th point, NaN where no
 * point is there or fewer than the share `xFilesFactor` of the columns has one.
 */
export function aggregateRows(
  columns: readonly Float64Array[],
  aggregation: Aggregation,
  xFilesFactor: number,
): Float64Array {
  const rows = rowCount(columns);
  const counts = countRows(columns, rows);
  const results = reduceRows(columns, aggregation, rows, counts);
  for (let i = 0; i < rows; i++) {
    const count = counts[i]!;
    if (count === 0 || count / columns.length < xFilesFactor) results[i] = Number.NaN;
  }
  return results;
}

/** The present values of each row sorted, handed to `reduce` one after another. */
export function mapSortedRows(
  columns: readonly Float64Array[],
  reduce: (sorted: Float64Array) => number,
): Float64Array {
  return gatherRows(columns, rowCount(columns), (row) => reduce(sortedPresent(row)));
}
