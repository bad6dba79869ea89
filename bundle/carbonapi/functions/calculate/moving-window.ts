// movingWindow and its shorthands, exponentialMovingAverage: points and what came before them.
import { parseInterval } from '../../expression/time-range.ts';
import type { Series } from '../../series.ts';
import { aggregateRange, resolveAggregation } from '../aggregation.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { averageAggregation, optionalXFilesFactor, seriesList, windowSize } from '../params.ts';
import { roundHalfEven } from '../round.ts';
import { moveWindow } from '../window.ts';

interface Preview {
  /** The argument again, for a window that begins earlier. */
  list: Series[];
  /** How much earlier. */
  seconds: number;
  pointsOf(series: Series): number;
  /** The window size as names show it. */
  text: string;
}

/** Fetches what lies before the window, so that the first points have a whole window behind them. */
async function preview(
  list: Series[],
  size: number | string,
  context: EvaluationContext,
): Promise<Preview> {
  const seconds =
    typeof size === 'string'
      ? Math.abs(parseInterval(size))
      : size * list.reduce((longest, { step }) => Math.max(longest, step), 0);
  const { start, end } = context.window;
  return {
    list: await context.evaluateArgument('seriesList', { start: start - seconds, end }),
    seconds,
    pointsOf: ({ step }) => (typeof size === 'string' ? Math.floor(seconds / step) : size),
    text: typeof size === 'string' ? `"${size}"` : String(size),
  };
}

const capitalized = (text: string): string =>
  text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();

async function evaluateWindow(
  list: Series[],
  size: number | string,
  func: string,
  xFilesFactor: number | undefined,
  context: EvaluationContext,
): Promise<Series[]> {
  if (list.length === 0) return [];
  const aggregation = resolveAggregation(func);
  const before = await preview(list, size, context);
  const functionName = `moving${capitalized(func)}`;
  return before.list.map((series) => {
    const factor = xFilesFactor ?? series.xFilesFactor;
    // The first window of the preview lies wholly before the requested window.
    const values = moveWindow(series.values, before.pointsOf(series), aggregation, factor).subarray(
      1,
    );
    const name = `${functionName}(${series.name},${before.text})`;
    return {
      ...derive(series, name, values, { [functionName]: String(size) }),
      start: series.start + before.seconds,
    };
  });
}

export const movingWindow = defineFunction({
  name: 'movingWindow',
  group: 'Calculate',
  params: [seriesList, windowSize, averageAggregation, optionalXFilesFactor],
  description:
    'For every point the aggregation `func` of the points before it: as many as `windowSize`, or ' +
    'those of a time span like `"5min"`. Data from before the window is fetched for the purpose.',
  examples: ['movingWindow(servers.*.load.shortterm, "10min", "median")'],
  evaluate: ({ seriesList, windowSize, func, xFilesFactor }, context) =>
    evaluateWindow(seriesList, windowSize, func, xFilesFactor, context),
});

const shorthand = (name: string, func: string, what: string) =>
  defineFunction({
    name,
    group: 'Calculate',
    params: [seriesList, windowSize, optionalXFilesFactor],
    description:
      `For every point the ${what} of the points before it: as many as \`windowSize\`, or those ` +
      'of a time span like `"5min"`. Points where less than the share `xFilesFactor` of the ' +
      'window is there are missing.',
    examples: [`${name}(servers.*.load.shortterm, "10min")`],
    evaluate: ({ seriesList, windowSize, xFilesFactor }, context) =>
      evaluateWindow(seriesList, windowSize, func, xFilesFactor, context),
  });

export const movingAverage = shorthand('movingAverage', 'average', 'average');
export const movingMedian = shorthand('movingMedian', 'median', 'median');
export const movingSum = shorthand('movingSum', 'sum', 'sum');
export const movingMin = shorthand('movingMin', 'min', 'smallest');
export const movingMax = shorthand('movingMax', 'max', 'largest');

/** The average of the first `points`, then each point weighted with `weight` against the past. */
function smooth(values: Float64Array, points: number, weight: number): Float64Array {
  const smoothed = missing(Math.max(1, values.length - points + 1));
  let level = aggregateRange(values, 'average', 0, Math.min(points, values.length)) || 0;
  smoothed[0] = roundHalfEven(level, 6);
  for (let i = points; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    level = weight * value + (1 - weight) * level;
    smoothed[i - points + 1] = roundHalfEven(level, 6);
  }
  return smoothed;
}

export const exponentialMovingAverage = defineFunction({
  name: 'exponentialMovingAverage',
  group: 'Calculate',
  params: [seriesList, windowSize],
  description:
    'An average in which older points count less and less: a point weighs 2 / (n + 1), where n is ' +
    '`windowSize`, in points or in seconds of a time span. It starts from the average of one ' +
    'window before.',
  examples: ['exponentialMovingAverage(servers.*.load.shortterm, 10)'],
  evaluate: async ({ seriesList, windowSize }, context) => {
    if (seriesList.length === 0) return [];
    const before = await preview(seriesList, windowSize, context);
    const length = typeof windowSize === 'string' ? before.seconds : windowSize;
    return before.list.map((series) => {
      const values = smooth(series.values, before.pointsOf(series), 2 / (length + 1));
      const name = `exponentialMovingAverage(${series.name},${before.text})`;
      const tags = { exponentialMovingAverage: String(windowSize) };
      return { ...derive(series, name, values, tags), start: series.start + before.seconds };
    });
  },
});
