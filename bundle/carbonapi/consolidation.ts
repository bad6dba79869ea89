// Where series are consolidated: maxDataPoints and functions that bring series to a common step.
import { consolidatePoints, consolidateValues, pointsPerBucket } from '../points/consolidation.ts';
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

/** The values of `series` as one point per `step` seconds, a multiple of its own step; perhaps its own. */
export function valuesAtStep(series: Series, step: number): Float64Array {
  const perBucket = Math.floor(step / series.step);
  return perBucket <= 1 ? series.values : consolidateValues(series, perBucket);
}

function consolidateToOnePoint(series: Series): Series {
  if (series.values.length === 0) return series;
  const values = consolidateValues(series, series.values.length);
  return { ...series, step: series.values.length * series.step, values };
}

/** Seconds from where the first series begins to where the last ends, before any consolidation. */
function secondsOf(list: readonly Series[]): number {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const series of list) {
    const from = series.consolidatedFrom?.start ?? series.start;
    if (from < start) start = from;
    if (series.end > end) end = series.end;
  }
  return end - start;
}

/**
 * Gives a series of `list` at most `maxDataPoints` points, in Graphite's way: bucket lengths follow from
 * the time range of the whole list. Those that the store consolidated stay as they are.
 */
export function consolidatorFor(
  list: readonly Series[],
  maxDataPoints: number,
): (series: Series) => Series {
  if (maxDataPoints === 1) return consolidateToOnePoint;
  const seconds = secondsOf(list);
  return (series) => {
    if (series.consolidatedFrom !== undefined) return series;
    const perBucket = pointsPerBucket(series.step, seconds, maxDataPoints);
    return perBucket === 1 ? series : { ...series, ...consolidatePoints(series, perBucket) };
  };
}

/**
 * Whether the store, which knows the range of each series only, consolidated those of `list` as the range
 * of the whole list has it.
 */
export function isConsolidatedAlike(list: readonly Series[], maxDataPoints: number): boolean {
  const seconds = secondsOf(list);
  return list.every(({ step, consolidatedFrom: raw }) => {
    return (
      raw === undefined || pointsPerBucket(raw.step, seconds, maxDataPoints) * raw.step === step
    );
  });
}
