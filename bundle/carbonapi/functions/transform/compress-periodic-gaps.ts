// compressPeriodicGaps: a series stored too finely, shown at the step its points really have.
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';
import { lastOfEach } from './summarize.ts';

const isMissing = (value: number | undefined): boolean => Number.isNaN(value);

function indexOfValue(values: Float64Array, from: number): number {
  for (let i = from; i < values.length; i++) {
    if (!isMissing(values[i]) && values[i] !== 0) return i;
  }
  return -1;
}

/** Index of the first value and the number of steps between values, if the first three agree. */
function periodOf(values: Float64Array): { first: number; period: number } | undefined {
  const first = indexOfValue(values, 0);
  const second = first < 0 ? -1 : indexOfValue(values, first + 1);
  const period = second - first;
  const third = second + period;
  if (second < 0 || period <= 1 || third > values.length - 2) return undefined;
  const isThere = !isMissing(values[third]) && values[third] !== 0;
  const isAlone = isMissing(values[third - 1]) && isMissing(values[third + 1]);
  return isThere && isAlone ? { first, period } : undefined;
}

function compress(series: Series): Series {
  const found = periodOf(series.values);
  const name = `compressPeriodicGaps(${series.name})`;
  if (found === undefined) return derive(series, name, series.values);
  const step = found.period * series.step;
  const start = series.start + found.first * series.step;
  const values = lastOfEach(series, step, start);
  const end = start + step * (values.length - 1);
  return { ...derive(series, name, values), start, end, step };
}

export const compressPeriodicGaps = defineFunction({
  name: 'compressPeriodicGaps',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description:
    'For series that are written less often than they are stored: finds the distance of the ' +
    'first three values and shows the series at that step, without the gaps between.',
  examples: ['compressPeriodicGaps(app.hourly.users)'],
  evaluate: ({ seriesList }) => seriesList.map(compress),
});
