// baseline and baselineAberration (carbonapi): the median of the same time on other days.

import { aggregateRange, countPresent } from '../../../points/aggregation.ts';
import { parseInterval } from '../../expression/time-range.ts';
import type { Series } from '../../series.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { derive } from '../derive.ts';
import { backwards, shiftsBetween } from '../interval.ts';
import { groupBy } from '../names.ts';
import { seriesList } from '../params.ts';
import { aggregateRows } from '../rows.ts';

const params = [
  seriesList,
  {
    name: 'timeShiftUnit',
    type: 'interval',
    default: '1d',
    suggestions: ['1h', '6h', '12h', '1d', '2d', '7d', '14d', '30d'],
  },
  { name: 'timeShiftStart', type: 'integer', default: 0 },
  { name: 'timeShiftEnd', type: 'integer', default: 7 },
  { name: 'maxAbsentPercent', type: 'float' },
  { name: 'minAvg', type: 'float' },
] as const;

interface Options {
  timeShiftUnit: string;
  timeShiftStart: number;
  timeShiftEnd: number;
  maxAbsentPercent: number | undefined;
  minAvg: number | undefined;
}

function isUsable(medians: Float64Array, { maxAbsentPercent, minAvg }: Options): boolean {
  const present = countPresent(medians);
  const absentPercent = (100 * (medians.length - present)) / medians.length;
  if (maxAbsentPercent !== undefined && absentPercent > maxAbsentPercent) return false;
  return minAvg === undefined || !(aggregateRange(medians, 'average') < minAvg);
}

/** The median of the shifted series of each name, moved back into the window. */
async function medians(options: Options, context: EvaluationContext): Promise<Series[]> {
  const unit = parseInterval(backwards(options.timeShiftUnit));
  const { start, end } = context.window;
  const lists = await Promise.all(
    shiftsBetween(options.timeShiftStart, options.timeShiftEnd)
      .filter((count) => count !== 0)
      .map(async (count) => {
        const shift = count * unit;
        const window = { start: start + shift, end: end + shift };
        const list = await context.evaluateArgument('seriesList', window);
        return list.map((series) => ({
          ...series,
          start: series.start - shift,
          end: series.end - shift,
        }));
      }),
  );
  return [...groupBy(lists.flat(), ({ name }) => name).values()].flatMap((group) => {
    const columns = group.map(({ values }) => values);
    const values = aggregateRows(columns, 'median', 0);
    return isUsable(values, options) ? [{ ...group[0]!, values }] : [];
  });
}

export const baseline = defineFunction({
  name: 'baseline',
  carbonapiOnly: true,
  dropsSeries: true,
  group: 'Calculate',
  params,
  description:
    'The median of each series at the same time `timeShiftUnit` earlier, twice that, and so on ' +
    'from `timeShiftStart` up to but without `timeShiftEnd`. Results with more than ' +
    '`maxAbsentPercent` missing points or an average below `minAvg` are left out.',
  examples: ['baseline(app.requests.count, "1d", 1, 8)'],
  evaluate: async (options, context) =>
    (await medians(options, context)).map((series) =>
      derive(series, `baseline(${series.name})`, series.values),
    ),
});

export const baselineAberration = defineFunction({
  name: 'baselineAberration',
  carbonapiOnly: true,
  dropsSeries: true,
  group: 'Calculate',
  params,
  description: 'Each series divided by its baseline: 1 where it is as usual.',
  examples: ['baselineAberration(app.requests.count, "1d", 1, 8)'],
  evaluate: async (options, context) => {
    const current = new Map(options.seriesList.map((series) => [series.name, series.values]));
    return (await medians(options, context)).flatMap((series) => {
      const actual = current.get(series.name);
      if (actual === undefined) return [];
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) {
        const value = actual[i] ?? Number.NaN;
        if (Number.isNaN(value)) values[i] = Number.NaN;
        else if (values[i] !== 0) values[i] = value / values[i]!;
      }
      return [derive(series, `baselineAberration(${series.name})`, values)];
    });
  },
});
