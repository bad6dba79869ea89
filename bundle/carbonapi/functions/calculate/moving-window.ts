// movingWindow and its shorthands: every point as the aggregation of those up to it.

import { resolveAggregation } from '../../../points/aggregation.ts';
import type { Series } from '../../series.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { derive } from '../derive.ts';
import { averageAggregation, optionalXFilesFactor, seriesList, windowSize } from '../params.ts';
import { preview, previewRange } from '../preview.ts';
import { moveWindow } from '../window.ts';

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
  const moved: Series[] = [];
  for (const series of before.list) {
    const factor = xFilesFactor ?? series.xFilesFactor;
    // The first window of the preview ends before the requested window.
    const values = moveWindow(series.values, before.pointsOf(series), aggregation, factor).subarray(
      1,
    );
    const name = `${functionName}(${series.name},${before.text})`;
    moved.push({
      ...derive(series, name, values, { [functionName]: before.size }),
      start: series.start + before.seconds,
    });
    const pause = context.pause();
    if (pause !== undefined) await pause;
  }
  return moved;
}

export const movingWindow = defineFunction({
  name: 'movingWindow',
  group: 'Calculate',
  params: [seriesList, windowSize, averageAggregation, optionalXFilesFactor],
  description:
    'For every point the aggregation `func` of it and the points before it: as many as `windowSize`, or ' +
    'those of a time span like `"5min"`. Data from before the window is fetched for the purpose.',
  examples: ['movingWindow(servers.*.load.shortterm, "10min", "median")'],
  fetchRange: previewRange,
  skipsWhenEmpty: true,
  evaluate: ({ seriesList, windowSize, func, xFilesFactor }, context) =>
    evaluateWindow(seriesList, windowSize, func, xFilesFactor, context),
});

const shorthand = (name: string, func: string, what: string) =>
  defineFunction({
    name,
    group: 'Calculate',
    params: [seriesList, windowSize, optionalXFilesFactor],
    description:
      `For every point the ${what} of it and the points before it: as many as \`windowSize\`, or those ` +
      'of a time span like `"5min"`. Points where less than the share `xFilesFactor` of the ' +
      'window is there are missing.',
    examples: [`${name}(servers.*.load.shortterm, "10min")`],
    fetchRange: previewRange,
    skipsWhenEmpty: true,
    evaluate: ({ seriesList, windowSize, xFilesFactor }, context) =>
      evaluateWindow(seriesList, windowSize, func, xFilesFactor, context),
  });

export const movingAverage = shorthand('movingAverage', 'average', 'average');
export const movingMedian = shorthand('movingMedian', 'median', 'median');
export const movingSum = shorthand('movingSum', 'sum', 'sum');
export const movingMin = shorthand('movingMin', 'min', 'smallest');
export const movingMax = shorthand('movingMax', 'max', 'largest');
