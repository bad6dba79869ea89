// The columns of numbers a plot draws, made from its series: aligned, gaps closed, stacked.
import { alignSeries, stackColumns } from '../model/series.ts';
import type { DrawnSeries } from './renderer.ts';

export type Column = (number | null | undefined)[];

/** What is drawn: `raw` is as measured, `shown` after stacking. */
export interface Prepared {
  times: number[];
  raw: Column[];
  shown: Column[];
}

/** Whether the series stands on others. */
export const isStacked = ({ field }: DrawnSeries): boolean => field.stacking !== 'none';

/** A point without neighbours has no line: it would be invisible, so it is drawn as a dot. */
export function lonePoints(column: ArrayLike<number | null | undefined>): number[] {
  const lone: number[] = [];
  let candidate = -1;
  let followsPoint = false;
  for (let index = 0; index < column.length; index++) {
    const value = column[index];
    if (value === undefined) continue; // another series' time, no gap
    if (value === null) {
      if (candidate >= 0) lone.push(candidate);
      candidate = -1;
      followsPoint = false;
    } else {
      candidate = followsPoint ? -1 : index;
      followsPoint = true;
    }
  }
  if (candidate >= 0) lone.push(candidate);
  return lone;
}

/** Gaps shorter than the field allows are closed by leaving their nulls out. */
function closeGaps(column: Column, times: number[], milliseconds: number): Column {
  const closed = [...column];
  let lastIndex = -1;
  column.forEach((value, index) => {
    if (value === null || value === undefined) return;
    const gap = lastIndex < 0 ? 0 : ((times[index] ?? 0) - (times[lastIndex] ?? 0)) * 1000;
    if (gap > 0 && gap <= milliseconds) closed.fill(undefined, lastIndex + 1, index);
    lastIndex = index;
  });
  return closed;
}

/** Aligns, closes allowed gaps, turns negative-Y over and stacks what is visible. */
export function prepare(drawn: DrawnSeries[], isVisible: (index: number) => boolean): Prepared {
  const { times, columns } = alignSeries(drawn.map(({ series }) => series));
  const raw = columns.map((column, index) =>
    drawn[index]?.field.isNegative
      ? column.map((value) => (value === null || value === undefined ? value : -value))
      : column,
  );
  const spanned = raw.map((column, index) => {
    const { spanNulls } = (drawn[index] as DrawnSeries).field;
    return typeof spanNulls === 'number' ? closeGaps(column, times, spanNulls) : column;
  });
  if (!drawn.some(isStacked)) return { times, raw, shown: spanned };
  const isPercent = drawn.some(({ field }) => field.stacking === 'percent');
  const groups = drawn.map((one, index) =>
    isStacked(one) && isVisible(index) ? `${one.field.axis} ${one.field.stackGroup}` : undefined,
  );
  return { times, raw, shown: stackColumns(spanned, groups, isPercent ? 'percent' : 'normal') };
}

/** Which way a series stacks. */
export const isMostlyNegative = (column: Column): boolean => {
  const found = column.find((value) => value !== null && value !== undefined && value !== 0);
  return (found ?? 0) < 0;
};
