// Puts several points of one series into one, by the series' own consolidation function.
import { OperatingError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest-name.ts';
import type { Series } from '../series.ts';
import { type Aggregation, aggregateRange } from './aggregation.ts';

/** The consolidation functions of consolidateBy. */
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

function aggregationOf(name: string): Aggregation | 'first' {
  if (name === 'avg') return 'average';
  if ((consolidationNames as readonly string[]).includes(name)) return name as Aggregation;
  throw new OperatingError(
    'bad-argument',
    `there is no consolidation function "${name}"${didYouMean(name, consolidationNames)}`,
  );
}

function firstPresent(values: Float64Array, from: number, to: number): number {
  for (let i = from; i < to; i++) if (!Number.isNaN(values[i])) return values[i]!;
  return Number.NaN;
}

/**
 * Buckets of `pointsPerBucket` values each, the last one perhaps shorter. A bucket is NaN when it
 * has no value or fewer than the share `xFilesFactor` of a whole bucket.
 */
export function consolidateValues(
  values: Float64Array,
  pointsPerBucket: number,
  consolidation: string,
  xFilesFactor: number,
): Float64Array {
  if (pointsPerBucket <= 1) return values;
  const aggregation = aggregationOf(consolidation);
  const buckets = new Float64Array(Math.ceil(values.length / pointsPerBucket));
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    const from = bucket * pointsPerBucket;
    const to = Math.min(from + pointsPerBucket, values.length);
    let present = 0;
    for (let i = from; i < to; i++) if (!Number.isNaN(values[i])) present++;
    if (present === 0 || present / pointsPerBucket < xFilesFactor) buckets[bucket] = Number.NaN;
    else if (aggregation === 'first') buckets[bucket] = firstPresent(values, from, to);
    else buckets[bucket] = aggregateRange(values, aggregation, from, to);
  }
  return buckets;
}

/** The values of `series` as one point per `step` seconds, a multiple of its own step. */
export function valuesAtStep(series: Series, step: number): Float64Array {
  const pointsPerBucket = Math.floor(step / series.step);
  return consolidateValues(series.values, pointsPerBucket, series.consolidate, series.xFilesFactor);
}
