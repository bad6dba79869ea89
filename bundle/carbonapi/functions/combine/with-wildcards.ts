// aggregateWithWildcards and its shorthands: combine the series whose paths differ only in some nodes.
import { type Series, withSeries } from '../../series.ts';
import { combineSeries } from '../combine.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { groupBy } from '../names.ts';
import { positions, requiredAggregation, seriesList } from '../params.ts';

async function combineWithout(
  list: Series[],
  func: string,
  dropped: readonly (number | string)[],
  context: EvaluationContext,
): Promise<Series[]> {
  const keyOf = (series: Series): string =>
    series.name
      .split('.')
      .filter((_, index) => !dropped.includes(index))
      .join('.');
  const combined: Series[] = [];
  for (const [name, group] of groupBy(list, keyOf)) {
    combined.push(withSeries(await combineSeries(group, func, context), { name }));
  }
  return combined;
}

export const aggregateWithWildcards = defineFunction({
  name: 'aggregateWithWildcards',
  group: 'Combine',
  params: [seriesList, requiredAggregation, positions],
  description:
    'Takes the nodes at the given positions out of the paths and combines the series that then ' +
    'have the same path by the aggregation function `func`.',
  examples: ['aggregateWithWildcards(servers.*.cpu.*.user, "max", 3)'],
  evaluate: ({ seriesList, func, position }, context) =>
    combineWithout(seriesList, func, position, context),
});

const shorthand = (name: string, func: string, verb: string) =>
  defineFunction({
    name,
    group: 'Combine',
    params: [seriesList, positions],
    description:
      'Takes the nodes at the given positions out of the paths and ' +
      `${verb} the series that then have the same path.`,
    examples: [`${name}(servers.*.cpu.*.user, 3)`],
    evaluate: ({ seriesList, position }, context) =>
      combineWithout(seriesList, func, position, context),
  });

export const sumSeriesWithWildcards = shorthand('sumSeriesWithWildcards', 'sum', 'adds up');

export const averageSeriesWithWildcards = shorthand(
  'averageSeriesWithWildcards',
  'average',
  'averages',
);

export const multiplySeriesWithWildcards = shorthand(
  'multiplySeriesWithWildcards',
  'multiply',
  'multiplies',
);
