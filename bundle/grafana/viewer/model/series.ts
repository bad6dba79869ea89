// Series as carbonapi answers them, and what panels make of them: one time axis for all, stacks,
// single figures.
import { asList, asRecords, asText, own } from './json.ts';

export interface Series {
  name: string;
  /** Seconds since 1970, ascending. */
  times: number[];
  values: (number | null)[];
}

/** Reads `[{target, datapoints: [[value, seconds]…]}…]` (or `{series: […]}`); skips what is not. */
export function parseRenderAnswer(answer: unknown): Series[] {
  const rows = Array.isArray(answer)
    ? asRecords(answer)
    : asRecords((answer as { series?: unknown } | null)?.series);
  return rows.map((row) => {
    const times: number[] = [];
    const values: (number | null)[] = [];
    for (const point of asList(row['datapoints'])) {
      const [value, seconds] = point as [unknown, unknown];
      if (typeof seconds !== 'number') continue;
      times.push(seconds);
      values.push(typeof value === 'number' && Number.isFinite(value) ? value : null);
    }
    return { name: asText(row['target'], 'series'), times, values };
  });
}

export const hasPoints = ({ values }: Series): boolean => values.some((value) => value !== null);

/** One column of values a series over common `times`. */
export interface Aligned {
  times: number[];
  /** null: the series has no value there; undefined: it has no point there (another step). */
  columns: (number | null | undefined)[][];
}

function haveSameTimes(all: readonly Series[]): boolean {
  const first = all[0];
  return all.every(
    ({ times }) =>
      times.length === first?.times.length &&
      times[0] === first.times[0] &&
      times[times.length - 1] === first.times[times.length - 1],
  );
}

export function alignSeries(all: readonly Series[]): Aligned {
  if (all.length === 0) return { times: [], columns: [] };
  if (haveSameTimes(all))
    return { times: all[0]?.times ?? [], columns: all.map(({ values }) => values) };
  const times = [...new Set(all.flatMap((series) => series.times))].sort((a, b) => a - b);
  const indexOf = new Map(times.map((time, index) => [time, index]));
  const columns = all.map((series) => {
    const column = new Array<number | null | undefined>(times.length).fill(undefined);
    series.times.forEach((time, index) => {
      column[indexOf.get(time) as number] = series.values[index] ?? null;
    });
    return column;
  });
  return { times, columns };
}

type Column = (number | null | undefined)[];

/** Values between a series' own points: the last one, so that stacks of unlike steps stay whole. */
function carryForward(column: Column): Column {
  let last: number | null | undefined;
  return column.map((value) => {
    if (value !== undefined) last = value;
    return value === undefined ? last : value;
  });
}

/**
 * Columns added up from the first on within each group; a missing value adds nothing and stays
 * missing in its own column. Negative values stack downwards. `percent` shows shares of 100.
 */
export function stackColumns(
  columns: readonly Column[],
  groups: readonly (string | undefined)[],
  mode: 'normal' | 'percent',
): Column[] {
  const sums = new Map<string, number[]>();
  const totals = new Map<string, number[]>();
  const filled = columns.map((column, index) =>
    groups[index] === undefined ? column : carryForward(column),
  );
  if (mode === 'percent') {
    filled.forEach((column, index) => {
      const group = groups[index];
      if (group === undefined) return;
      const total = totals.get(group) ?? new Array<number>(column.length).fill(0);
      column.forEach((value, at) => {
        total[at] = (total[at] ?? 0) + Math.abs(value ?? 0);
      });
      totals.set(group, total);
    });
  }
  return filled.map((column, index) => {
    const group = groups[index];
    if (group === undefined) return column;
    return column.map((value, at) => {
      if (value === null || value === undefined) return value;
      const key = `${group} ${value < 0 ? '-' : '+'}`;
      const sum = sums.get(key) ?? new Array<number>(column.length).fill(0);
      sums.set(key, sum);
      const total = totals.get(group)?.[at] ?? 0;
      const share = mode === 'percent' ? (total === 0 ? 0 : (value / total) * 100) : value;
      sum[at] = (sum[at] ?? 0) + share;
      return sum[at];
    });
  });
}

export const calculations = [
  'lastNotNull',
  'last',
  'firstNotNull',
  'first',
  'min',
  'max',
  'mean',
  'sum',
  'count',
  'range',
  'diff',
] as const;
export type Calculation = (typeof calculations)[number];

export const calculationNames: Record<Calculation, string> = {
  lastNotNull: 'Last',
  last: 'Last (also empty)',
  firstNotNull: 'First',
  first: 'First (also empty)',
  min: 'Min',
  max: 'Max',
  mean: 'Mean',
  sum: 'Total',
  count: 'Count',
  range: 'Range',
  diff: 'Difference',
};

/** What a calculation is called; an unknown one by its id. */
export const calculationName = (id: string): string => own(calculationNames, id) ?? id;

/** One figure for a whole column; null when it has no values. An unknown name means the last. */
export function calculate(
  values: readonly (number | null | undefined)[],
  name: string,
): number | null {
  if (name === 'last') return values[values.length - 1] ?? null;
  if (name === 'first') return values[0] ?? null;
  const known = values.filter((value): value is number => value !== null && value !== undefined);
  if (name === 'count') return known.length;
  if (known.length === 0) return null;
  const first = known[0] as number;
  const last = known[known.length - 1] as number;
  let [least, most, sum] = [first, first, 0];
  for (const value of known) {
    if (value < least) least = value;
    if (value > most) most = value;
    sum += value;
  }
  switch (name) {
    case 'firstNotNull':
      return first;
    case 'min':
      return least;
    case 'max':
      return most;
    case 'mean':
    case 'avg':
      return sum / known.length;
    case 'sum':
    case 'total':
      return sum;
    case 'range':
      return most - least;
    case 'diff':
    case 'delta':
      return last - first;
    default:
      return last;
  }
}
