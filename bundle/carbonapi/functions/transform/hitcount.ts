// hitcount: a rate per second as hits per interval.
import type { Series } from '../../series.ts';
import { startOfUnit } from '../calendar.ts';
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { checkPointCount } from '../generated.ts';
import { positiveInterval } from '../interval.ts';
import { intervalString, seriesList } from '../params.ts';

/** Spreads every point over the buckets its step touches, by seconds. Buckets end at `end`. */
function hitsPerBucket(series: Series, interval: number, end: number): Float64Array {
  const count = checkPointCount(Math.ceil((end - series.start) / interval));
  const bucketsStart = end - count * interval;
  const hits = missing(count);
  for (let i = 0; i < series.values.length; i++) {
    const rate = series.values[i]!;
    if (Number.isNaN(rate)) continue;
    const from = series.start + i * series.step - bucketsStart;
    const to = Math.min(from + series.step, count * interval);
    if (from >= to) continue;
    const last = Math.ceil(to / interval) - 1;
    for (let bucket = Math.floor(from / interval); bucket <= last; bucket++) {
      const begin = Math.max(from, bucket * interval);
      const seconds = Math.min(to, (bucket + 1) * interval) - begin;
      const soFar = hits[bucket]!;
      hits[bucket] = (!Number.isNaN(soFar) ? soFar : 0) + rate * seconds;
    }
  }
  return hits;
}

function unitFor(interval: number): string {
  if (interval >= 86_400) return 'days';
  if (interval >= 3600) return 'hours';
  return interval >= 60 ? 'minutes' : 'seconds';
}

export const hitcount = defineFunction({
  name: 'hitcount',
  perSeries: true,
  group: 'Transform',
  params: [
    seriesList,
    intervalString,
    { name: 'alignToInterval', type: 'boolean', default: false },
  ],
  description:
    'Turns rates per second into totals per `intervalString`. With `alignToInterval` the window ' +
    'starts at a whole day, hour or minute, after the length of the interval.',
  examples: ['hitcount(app.requests.rate, "1h")'],
  fetchRange: ({ intervalString, alignToInterval }, { window, timeZone }) => {
    if (!alignToInterval) return undefined;
    const unit = unitFor(positiveInterval(intervalString));
    return { start: startOfUnit(window.start, unit, timeZone), end: window.end };
  },
  evaluate: ({ seriesList, intervalString, alignToInterval }) => {
    const interval = positiveInterval(intervalString);
    return seriesList.map((series) => {
      const wholeIntervals = Math.floor((series.end - series.start) / interval) + 1;
      const end = alignToInterval ? series.start + wholeIntervals * interval : series.end;
      const values = hitsPerBucket(series, interval, end);
      const name = `hitcount(${series.name}, "${intervalString}"${alignToInterval ? ', true' : ''})`;
      return {
        ...derive(series, name, values, { hitcount: intervalString }),
        start: end - values.length * interval,
        end,
        step: interval,
      };
    });
  },
});
