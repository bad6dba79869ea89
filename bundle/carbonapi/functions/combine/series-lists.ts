// aggregateSeriesLists and its shorthands: two lists combined pair by pair.
import { OperatingError } from '../../../core/errors.ts';
import { type Series, withSeries } from '../../series.ts';
import { combineSeries } from '../combine.ts';
import { defineFunction } from '../define.ts';
import { optionalXFilesFactor, pairOfLists, requiredAggregation } from '../params.ts';

function combinePairs(
  functionName: string,
  first: Series[],
  second: Series[],
  func: string,
  xFilesFactor: number,
): Series[] {
  if (first.length !== second.length) {
    throw new OperatingError(
      'bad-argument',
      `${functionName}: both lists must have the same number of series, not ${first.length} and ${second.length}`,
    );
  }
  return first.map((left, index) => {
    const right = second[index]!;
    const name = `${func.replace(/Series$/, '')}Series(${left.name},${right.name})`;
    return withSeries(combineSeries([left, right], func, xFilesFactor), { name });
  });
}

export const aggregateSeriesLists = defineFunction({
  name: 'aggregateSeriesLists',
  group: 'Combine',
  params: [...pairOfLists, requiredAggregation, optionalXFilesFactor],
  description:
    'Combines the first series of both lists by the aggregation function `func`, then the second ' +
    'ones, and so on. Both lists must have the same length.',
  examples: ['aggregateSeriesLists(servers.*.disk.read, servers.*.disk.written, "max")'],
  evaluate: ({ seriesListFirstPos, seriesListSecondPos, func, xFilesFactor }, context) =>
    combinePairs(
      'aggregateSeriesLists',
      seriesListFirstPos,
      seriesListSecondPos,
      func,
      xFilesFactor ?? context.xFilesFactor,
    ),
});

const shorthand = (name: string, func: string, description: string) =>
  defineFunction({
    name,
    group: 'Combine',
    params: pairOfLists,
    description,
    examples: [`${name}(servers.*.disk.read, servers.*.disk.written)`],
    evaluate: ({ seriesListFirstPos, seriesListSecondPos }, context) =>
      combinePairs(name, seriesListFirstPos, seriesListSecondPos, func, context.xFilesFactor),
  });

export const sumSeriesLists = shorthand(
  'sumSeriesLists',
  'sum',
  'Adds the series of two lists of the same length pair by pair.',
);

export const diffSeriesLists = shorthand(
  'diffSeriesLists',
  'diff',
  'Subtracts the series of the second list from those of the first, pair by pair.',
);

export const multiplySeriesLists = shorthand(
  'multiplySeriesLists',
  'multiply',
  'Multiplies the series of two lists of the same length pair by pair.',
);
