// Brings series of different steps to one step, so that their points can be put side by side.

import { valuesAtStep } from '../consolidation.ts';
import type { Series } from '../series.ts';

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The least common multiple of the steps of `list`, seconds. */
export function commonStep(list: readonly Series[]): number {
  let step = 1;
  list.forEach((series, index) => {
    step =
      index === 0 || step === series.step
        ? series.step
        : (step / greatestCommonDivisor(step, series.step)) * series.step;
  });
  return step;
}

export interface AlignedSeries {
  /** The values of each series at the common step; rows meet by index, as in Graphite. */
  columns: Float64Array[];
  start: number;
  end: number;
  step: number;
}

/** Columns of a list with at least one series. */
export function alignSeries(list: readonly Series[]): AlignedSeries {
  const step = commonStep(list);
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const series of list) {
    start = Math.min(start, series.start);
    end = Math.max(end, series.end);
  }
  end -= (end - start) % step;
  return { columns: list.map((series) => valuesAtStep(series, step)), start, end, step };
}
