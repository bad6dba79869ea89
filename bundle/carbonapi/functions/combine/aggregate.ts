// aggregate and its shorthands: several series into one.
import type { Series } from '../../series.ts';
import { combineSeries } from '../combine.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { optionalXFilesFactor, requiredAggregation, seriesList, seriesLists } from '../params.ts';

async function combine(
  list: Series[],
  func: string,
  context: EvaluationContext,
  xFilesFactor?: number,
): Promise<Series[]> {
  return list.length === 0 ? [] : [await combineSeries(list, func, context, xFilesFactor)];
}

export const aggregate = defineFunction({
  name: 'aggregate',
  group: 'Combine',
  params: [seriesList, requiredAggregation, optionalXFilesFactor],
  description:
    'Combines all series into one, point by point, by the aggregation function `func`. Points ' +
    'where fewer than the share `xFilesFactor` of the series have a value are missing.',
  examples: ['aggregate(servers.*.load.shortterm, "median")'],
  evaluate: ({ seriesList, func, xFilesFactor }, context) =>
    combine(seriesList, func, context, xFilesFactor),
});

interface Shorthand {
  name: string;
  aliases?: string[];
  carbonapiAliases?: string[];
  func: string;
  description: string;
}

const shorthand = ({ func, ...names }: Shorthand) =>
  defineFunction({
    ...names,
    group: 'Combine',
    params: [seriesLists],
    examples: [`${names.name}(servers.*.load.shortterm)`],
    evaluate: ({ seriesLists }, context) => combine(seriesLists, func, context),
  });

export const sumSeries = shorthand({
  name: 'sumSeries',
  aliases: ['sum'],
  func: 'sum',
  description: 'Adds up all series point by point; missing points count as nothing.',
});

export const averageSeries = shorthand({
  name: 'averageSeries',
  aliases: ['avg'],
  func: 'average',
  description: 'The average of all series point by point; missing points are left out.',
});

export const minSeries = shorthand({
  name: 'minSeries',
  carbonapiAliases: ['min'],
  func: 'min',
  description: 'The smallest value among all series at each point.',
});

export const maxSeries = shorthand({
  name: 'maxSeries',
  carbonapiAliases: ['max'],
  func: 'max',
  description: 'The largest value among all series at each point.',
});

export const diffSeries = shorthand({
  name: 'diffSeries',
  carbonapiAliases: ['diff'],
  func: 'diff',
  description: 'The first series minus all others, point by point.',
});

export const stddevSeries = shorthand({
  name: 'stddevSeries',
  carbonapiAliases: ['stddev'],
  func: 'stddev',
  description: 'The standard deviation across all series at each point.',
});

export const rangeOfSeries = shorthand({
  name: 'rangeOfSeries',
  func: 'rangeOf',
  description: 'The distance between the largest and the smallest value at each point.',
});

export const multiplySeries = defineFunction({
  name: 'multiplySeries',
  carbonapiAliases: ['multiply'],
  group: 'Combine',
  params: [seriesLists],
  description:
    'Multiplies all series point by point; a point missing in one is missing in the result. One ' +
    'series alone stays as it is.',
  examples: ['multiplySeries(app.requests.rate, app.requests.size)'],
  evaluate: ({ seriesLists }, context) =>
    seriesLists.length === 1 && context.call.args.length <= 1
      ? seriesLists
      : combine(seriesLists, 'multiply', context),
});
