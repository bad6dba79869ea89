// summarize and smartSummarize: points put together to a longer interval.

import { aggregateRange, resolveAggregation } from '../../../points/aggregation.ts';
import type { Series } from '../../series.ts';
import { startOfUnit } from '../calendar.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { checkPointCount } from '../generated.ts';
import { positiveInterval } from '../interval.ts';
import { intervalString, seriesList, sumAggregation } from '../params.ts';

interface Summary {
  values: Float64Array;
  /** Where the last bucket ends. */
  end: number;
}

/**
 * Buckets of `interval` seconds from `start` until `end` is covered. A bucket begins with the last
 * point at or before its start; it is missing when too few of its points are there.
 */
function summarizeValues(
  series: Series,
  func: string,
  interval: number,
  start: number,
  end: number,
): Summary {
  const aggregation = resolveAggregation(func);
  const buckets = new Float64Array(checkPointCount(Math.ceil((end - start) / interval)));
  const points = Math.min(
    series.values.length,
    Math.max(0, Math.ceil((series.end - series.start) / series.step)),
  );
  const pointsPerBucket = interval / series.step;
  let next = 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    const bucketStart = start + bucket * interval;
    let first = next;
    let present = 0;
    for (; next < points; next++) {
      const time = series.start + next * series.step;
      if (time >= bucketStart + interval) break;
      if (time <= bucketStart) first = next;
      if (time >= bucketStart && !Number.isNaN(series.values[next])) present++;
    }
    const isCovered = present > 0 && present / pointsPerBucket >= series.xFilesFactor;
    buckets[bucket] = isCovered
      ? aggregateRange(series.values, aggregation, first, next)
      : Number.NaN;
  }
  return { values: buckets, end: start + buckets.length * interval };
}

/** The points of `series` from `start` on as buckets of `interval` seconds, the last value of each. */
export function lastOfEach(series: Series, interval: number, start: number): Float64Array {
  return summarizeValues(series, 'last', interval, start, series.end).values;
}

export const summarize = defineFunction({
  name: 'summarize',
  perSeries: true,
  group: 'Transform',
  params: [
    seriesList,
    intervalString,
    sumAggregation,
    { name: 'alignToFrom', type: 'boolean', default: false },
  ],
  description:
    'Puts the points of every `intervalString` together by `func`. Intervals begin at multiples ' +
    'of their length, or with `alignToFrom` at the first point.',
  examples: ['summarize(app.sales.count, "1h", "sum")'],
  evaluate: ({ seriesList, intervalString, func, alignToFrom }) => {
    const interval = positiveInterval(intervalString);
    return seriesList.map((series) => {
      const start = alignToFrom ? series.start : series.start - (series.start % interval);
      const wantedEnd = alignToFrom ? series.end : series.end - (series.end % interval) + interval;
      const { values, end } = summarizeValues(series, func, interval, start, wantedEnd);
      const suffix = alignToFrom ? ', true' : '';
      const name = `summarize(${series.name}, "${intervalString}", "${func}"${suffix})`;
      const tags = { summarize: intervalString, summarizeFunction: func };
      return { ...derive(series, name, values, tags), start, end, step: interval };
    });
  },
});

export const smartSummarize = defineFunction({
  name: 'smartSummarize',
  perSeries: true,
  group: 'Transform',
  params: [
    seriesList,
    intervalString,
    sumAggregation,
    {
      name: 'alignTo',
      type: 'string',
      options: [
        false,
        null,
        true,
        'days',
        'hours',
        'minutes',
        'months',
        'seconds',
        'weeks',
        'years',
      ],
      acceptsOther: true,
    },
  ],
  description:
    'Like summarize, with intervals that begin at the first point. `alignTo` moves the start of ' +
    'the window back to the start of its day, hour, week (`"weeks3"`: Wednesday) and so on.',
  examples: ['smartSummarize(app.sales.count, "1h", "sum", "days")'],
  fetchRange: ({ alignTo }, { window, timeZone }) =>
    alignTo === undefined || /^(true|false|none)$/i.test(alignTo)
      ? undefined
      : { start: startOfUnit(window.start, alignTo, timeZone), end: window.end },
  evaluate: ({ seriesList, intervalString, func }) => {
    const interval = positiveInterval(intervalString);
    return seriesList.map((series) => {
      const { start, end: wantedEnd } = series;
      const { values, end } = summarizeValues(series, func, interval, start, wantedEnd);
      const name = `smartSummarize(${series.name}, "${intervalString}", "${func}")`;
      const tags = { smartSummarize: intervalString, smartSummarizeFunction: func };
      return { ...derive(series, name, values, tags), end, step: interval };
    });
  },
});
