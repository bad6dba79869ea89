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

/**
 * Gives a series of `list` at most `maxDataPoints` points, in Graphite's way: bucket lengths follow from
 * the time range of the whole list.
 */
export function consolidatorFor(
  list: readonly Series[],
  maxDataPoints: number,
): (series: Series) => Series {
  if (maxDataPoints === 1) return consolidateToOnePoint;
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const series of list) {
    if (series.start < start) start = series.start;
    if (series.end > end) end = series.end;
  }
  return (series) => {
    const perBucket = pointsPerBucket(series.step, end - start, maxDataPoints);
    return perBucket === 1 ? series : { ...series, ...consolidatePoints(series, perBucket) };
  };
}
