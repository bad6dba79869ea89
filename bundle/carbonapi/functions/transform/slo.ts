// slo and sloErrorBudget (carbonapi): the share of points that meet a service level.
import type { Series } from '../../series.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { createSeries, missing } from '../derive.ts';
import { positiveInterval } from '../interval.ts';
import { seriesList } from '../params.ts';
import { writtenText } from '../written-argument.ts';

const meets = {
  above: (value: number, limit: number) => value > limit,
  aboveOrEqual: (value: number, limit: number) => value >= limit,
  below: (value: number, limit: number) => value < limit,
  belowOrEqual: (value: number, limit: number) => value <= limit,
} as const;
type Method = keyof typeof meets;

const sloParams = [
  seriesList,
  {
    name: 'interval',
    type: 'interval',
    required: true,
    suggestions: ['10min', '1h', '1d'],
  },
  {
    name: 'method',
    type: 'string',
    required: true,
    default: 'above',
    options: ['above', 'aboveOrEqual', 'below', 'belowOrEqual'],
  },
  { name: 'value', type: 'float', required: true, default: 0 },
] as const;

interface Level {
  interval: number;
  method: Method;
  value: number;
  /** For the error budget: the share that was promised. */
  objective: number | undefined;
}

/** One value per interval: the share of its points that meet the level, or the seconds of budget. */
function levels(series: Series, level: Level): Float64Array {
  const { values, step } = series;
  const results: number[] = [];
  const holds = meets[level.method];
  let met = 0;
  let present = 0;
  let bucketStart = 0;
  let bucketEnd = level.interval;
  const close = (time: number): void => {
    // Without data there is neither success nor failure to report; the reference shows 0.
    const share = present === 0 ? 0 : met / present;
    const hasBudget = level.objective !== undefined && present > 0;
    results.push(hasBudget ? (share - level.objective!) * (time - bucketStart) : share);
    met = 0;
    present = 0;
    bucketStart = time;
    bucketEnd += level.interval;
  };
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) {
      present++;
      if (holds(value, level.value)) met++;
    }
    const time = (i + 1) * step;
    if (time >= bucketEnd || i === values.length - 1) close(time);
  }
  return Float64Array.from(results);
}

async function evaluateLevels(
  list: Series[],
  level: Level,
  nameOf: (series: Series) => string,
  context: EvaluationContext,
): Promise<Series[]> {
  const { start, end } = context.window;
  // An interval longer than the window gets its points from before it.
  const missingSeconds = level.interval - (end - start);
  const sources =
    missingSeconds > 0 && list.length > 0
      ? await context.evaluateArgument('seriesList', { start: start - missingSeconds, end })
      : list;
  return list.flatMap((series, index) => {
    const source = sources[index];
    if (source === undefined) return [];
    const intervals = Math.ceil((series.end - series.start) / level.interval);
    return [
      createSeries({
        name: nameOf(series),
        start: series.start,
        end: series.start + intervals * level.interval,
        step: level.interval,
        values: series.step > level.interval ? missing(intervals) : levels(source, level),
        xFilesFactor: series.xFilesFactor,
        tags: series.tags,
      }),
    ];
  });
}

export const slo = defineFunction({
  name: 'slo',
  carbonapiOnly: true,
  group: 'Transform',
  params: sloParams,
  description:
    'For every `interval` the share of points that are above (or below, as `method` says) ' +
    '`value`.',
  examples: ['slo(app.latency.seconds, "1h", "below", 0.5)'],
  evaluate: ({ seriesList, interval, method, value }, context) => {
    const written = writtenText(context.call, 'value', 3, value);
    const level: Level = {
      interval: positiveInterval(interval),
      method: method as Method,
      value,
      objective: undefined,
    };
    const nameOf = ({ name }: Series): string => `slo(${name}, ${interval}, ${method}, ${written})`;
    return evaluateLevels(seriesList, level, nameOf, context);
  },
});

export const sloErrorBudget = defineFunction({
  name: 'sloErrorBudget',
  carbonapiOnly: true,
  group: 'Transform',
  params: [...sloParams, { name: 'objective', type: 'float', required: true, default: 0.9999 }],
  description:
    'For every `interval` how many seconds of error budget are left if the share `objective` of ' +
    'the points must meet the level; negative when it is overdrawn.',
  examples: ['sloErrorBudget(app.latency.seconds, "1d", "below", 0.5, 0.999)'],
  evaluate: ({ seriesList, interval, method, value, objective }, context) => {
    const { call } = context;
    const numbers = `${writtenText(call, 'value', 3, value)}, ${writtenText(call, 'objective', 4, objective)}`;
    const level: Level = {
      interval: positiveInterval(interval),
      method: method as Method,
      value,
      objective,
    };
    const nameOf = ({ name }: Series): string =>
      `sloErrorBudget(${name}, ${interval}, ${method}, ${numbers})`;
    return evaluateLevels(seriesList, level, nameOf, context);
  },
});
