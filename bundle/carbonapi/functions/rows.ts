// Aggregation across series, row by row. Columns are taken in one after the other, each walked once,
// with running results per row; long work can stop between columns and let others have a turn.
import { type Aggregation, aggregateRange, sortedPresent } from '../../points/aggregation.ts';

/** Running results of all rows. */
interface Accumulator {
  /** Takes in one column; columns may be of different lengths. */
  add(column: Float64Array): void;
  /** Counts the points of each row on the way, which saves a walk. */
  readonly counts?: true;
  /** The results of rows `from` to `to`, written into `results`. */
  finish(results: Float64Array, from: number, to: number): void;
}

/** A function of the present values of a row in ascending order. */
export type RowReducer = (sorted: Float64Array) => number;

/** The longest column decides how many rows there are. */
export function rowCount(columns: readonly Float64Array[]): number {
  let rows = 0;
  for (const column of columns) rows = Math.max(rows, column.length);
  return rows;
}

const copyInto =
  (source: Float64Array): Accumulator['finish'] =>
  (results, from, to) => {
    results.set(source.subarray(from, to), from);
  };

const quotients =
  (sums: Float64Array, countOf: (row: number) => number): Accumulator['finish'] =>
  (results, from, to) => {
    for (let i = from; i < to; i++) results[i] = sums[i]! / countOf(i);
  };

function sums(
  counts: Float64Array,
  finish: (sums: Float64Array) => Accumulator['finish'],
): Accumulator {
  const totals = new Float64Array(counts.length);
  return {
    counts: true,
    add: (column) => {
      for (let i = 0; i < column.length; i++) {
        const value = column[i]!;
        if (Number.isNaN(value)) continue;
        totals[i]! += value;
        counts[i]!++;
      }
    },
    finish: finish(totals),
  };
}

function highest(rows: number): Accumulator {
  const extremes = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  return {
    add: (column) => {
      for (let i = 0; i < column.length; i++)
        if (column[i]! > extremes[i]!) extremes[i] = column[i]!;
    },
    finish: copyInto(extremes),
  };
}

function lowest(rows: number): Accumulator {
  const extremes = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  return {
    add: (column) => {
      for (let i = 0; i < column.length; i++)
        if (column[i]! < extremes[i]!) extremes[i] = column[i]!;
    },
    finish: copyInto(extremes),
  };
}

function ranges(rows: number): Accumulator {
  const high = highest(rows);
  const low = lowest(rows);
  return {
    add: (column) => {
      high.add(column);
      low.add(column);
    },
    finish: (results, from, to) => {
      const lows = new Float64Array(rows);
      high.finish(results, from, to);
      low.finish(lows, from, to);
      for (let i = from; i < to; i++) results[i]! -= lows[i]!;
    },
  };
}

// A point missing in any column is missing in the product.
function products(rows: number): Accumulator {
  const totals = new Float64Array(rows).fill(1);
  return {
    add: (column) => {
      for (let i = 0; i < column.length; i++) totals[i]! *= column[i]!;
      totals.fill(Number.NaN, column.length);
    },
    finish: copyInto(totals),
  };
}

function lasts(rows: number): Accumulator {
  const values = new Float64Array(rows).fill(Number.NaN);
  return {
    add: (column) => {
      for (let i = 0; i < column.length; i++) if (!Number.isNaN(column[i])) values[i] = column[i]!;
    },
    finish: copyInto(values),
  };
}

function differences(rows: number): Accumulator {
  const values = new Float64Array(rows).fill(Number.NaN);
  return {
    add: (column) => {
      for (let i = 0; i < column.length; i++) {
        const value = column[i]!;
        if (Number.isNaN(value)) continue;
        const soFar = values[i]!;
        values[i] = Number.isNaN(soFar) ? value : soFar - value;
      }
    },
    finish: copyInto(values),
  };
}

// Welford's running mean and sum of squared distances: one pass, no large sums to subtract.
function deviations(counts: Float64Array): Accumulator {
  const means = new Float64Array(counts.length);
  const squares = new Float64Array(counts.length);
  return {
    counts: true,
    add: (column) => {
      for (let i = 0; i < column.length; i++) {
        const value = column[i]!;
        if (Number.isNaN(value)) continue;
        const distance = value - means[i]!;
        counts[i]!++;
        means[i]! += distance / counts[i]!;
        squares[i]! += distance * (value - means[i]!);
      }
    },
    finish: (results, from, to) => {
      for (let i = from; i < to; i++) results[i] = Math.sqrt(squares[i]! / counts[i]!);
    },
  };
}

// Medians and percentiles have no running form: each row is gathered at the end.
function gathered(reduce: (row: Float64Array) => number): Accumulator {
  const columns: Float64Array[] = [];
  return {
    add: (column) => {
      columns.push(column);
    },
    finish: (results, from, to) => {
      const row = new Float64Array(columns.length);
      for (let i = from; i < to; i++) {
        for (let c = 0; c < columns.length; c++) row[c] = columns[c]![i] ?? Number.NaN;
        results[i] = reduce(row);
      }
    },
  };
}

function accumulatorFor(
  aggregation: Aggregation | RowReducer,
  columns: readonly Float64Array[],
  counts: Float64Array,
): Accumulator {
  const rows = counts.length;
  if (typeof aggregation === 'function') return gathered((row) => aggregation(sortedPresent(row)));
  switch (aggregation) {
    case 'sum':
      return sums(counts, copyInto);
    case 'average':
      return sums(counts, (totals) => quotients(totals, (row) => counts[row]!));
    case 'avg_zero':
      return sums(counts, (totals) => quotients(totals, () => columns.length));
    case 'count':
      return { add: () => {}, finish: copyInto(counts) };
    case 'min':
      return lowest(rows);
    case 'max':
      return highest(rows);
    case 'range':
      return ranges(rows);
    case 'multiply':
      return products(rows);
    case 'last':
      return lasts(rows);
    case 'diff':
      return differences(rows);
    case 'stddev':
      return deviations(counts);
    default:
      return gathered((row) => aggregateRange(row, aggregation));
  }
}

function countInto(counts: Float64Array, column: Float64Array): void {
  for (let i = 0; i < column.length; i++) if (!Number.isNaN(column[i])) counts[i]!++;
}

/** Makes rows missing that have no point, or in fewer than the share `xFilesFactor` of `columns`. */
function dropSparse(
  results: Float64Array,
  counts: Float64Array,
  columns: number,
  xFilesFactor: number,
): void {
  for (let i = 0; i < results.length; i++) {
    const count = counts[i]!;
    if (count === 0 || count / columns < xFilesFactor) results[i] = Number.NaN;
  }
}

/** Points between two chances to pause: well under a millisecond of work. */
const pointsPerStep = 30_000;

function* aggregating(
  columns: readonly Float64Array[],
  aggregation: Aggregation | RowReducer,
  xFilesFactor: number,
): Generator<void, Float64Array> {
  const counts = new Float64Array(rowCount(columns));
  const results = new Float64Array(counts.length);
  const accumulator = accumulatorFor(aggregation, columns, counts);
  let points = 0;
  for (const column of columns) {
    if (!accumulator.counts) countInto(counts, column);
    accumulator.add(column);
    points += column.length;
    if (points >= pointsPerStep) {
      points = 0;
      yield;
    }
  }
  const rowsPerStep = Math.max(1, Math.floor(pointsPerStep / Math.max(1, columns.length)));
  for (let from = 0; from < results.length; from += rowsPerStep) {
    accumulator.finish(results, from, Math.min(results.length, from + rowsPerStep));
    yield;
  }
  dropSparse(results, counts, columns.length, xFilesFactor);
  return results;
}

/**
 * One column from several: row i is the aggregation of every column's i-th point, NaN where no
 * point is there or fewer than the share `xFilesFactor` of the columns has one.
 */
export function aggregateRows(
  columns: readonly Float64Array[],
  aggregation: Aggregation | RowReducer,
  xFilesFactor: number,
): Float64Array {
  const steps = aggregating(columns, aggregation, xFilesFactor);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same for many columns: waits for `pause` whenever that gives something to wait for. */
export async function aggregateRowsInTurns(
  columns: readonly Float64Array[],
  aggregation: Aggregation | RowReducer,
  xFilesFactor: number,
  pause: () => Promise<void> | undefined,
): Promise<Float64Array> {
  const steps = aggregating(columns, aggregation, xFilesFactor);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const wait = pause();
    if (wait !== undefined) await wait;
  }
}
