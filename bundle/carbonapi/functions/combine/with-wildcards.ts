// aggregateWithWildcards and its shorthands: combine the series whose paths differ only in some nodes.
import { type Series, withSeries } from '../../series.ts';
import { combineSeries } from '../combine.ts';
import { defineFunction } from '../define.ts';
import { groupBy } from '../names.ts';
import { positions, requiredAggregation, seriesList } from '../params.ts';

function combineWithout(
  list: Series[],
  func: string,
  dropped: readonly (number | string)[],
  xFilesFactor: number,
): Series[] {
  const keyOf = (series: Series): string =>
    series.name
      .split('.')
      .filter((_, index) => !dropped.includes(index))
      .join('.');
  return [...groupBy(list, keyOf)].map(([name, group]) =>
    withSeries(combineSeries(group, func, xFilesFactor), { name }),
  );
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
    combineWithout(seriesList, func, position, context.xFilesFactor),
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
      combineWithout(seriesList, func, position, context.xFilesFactor),
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
