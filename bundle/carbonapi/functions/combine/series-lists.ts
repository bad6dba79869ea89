// aggregateSeriesLists and its shorthands: two lists combined pair by pair.
import { OperatingError } from '../../../core/errors.ts';
import { type Series, withSeries } from '../../series.ts';
import { combineSeries } from '../combine.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { optionalXFilesFactor, pairOfLists, requiredAggregation } from '../params.ts';

async function combinePairs(
  functionName: string,
  [first, second]: readonly [Series[], Series[]],
  func: string,
  context: EvaluationContext,
  xFilesFactor?: number,
): Promise<Series[]> {
  if (first.length !== second.length) {
    throw new OperatingError(
      'bad-argument',
      `${functionName}: both lists must have the same number of series, not ${first.length} and ${second.length}`,
    );
  }
  const pairs: Series[] = [];
  for (const [index, left] of first.entries()) {
    const right = second[index]!;
    const name = `${func.replace(/Series$/, '')}Series(${left.name},${right.name})`;
    const combined = await combineSeries([left, right], func, context, xFilesFactor);
    pairs.push(withSeries(combined, { name }));
  }
  return pairs;
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
      [seriesListFirstPos, seriesListSecondPos],
      func,
      context,
      xFilesFactor,
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
      combinePairs(name, [seriesListFirstPos, seriesListSecondPos], func, context),
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
