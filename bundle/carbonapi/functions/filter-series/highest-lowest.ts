// highest, lowest and their shorthands: the top or bottom series by an aggregation.

import { resolveAggregation } from '../../../points/aggregation.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { averageAggregation, requiredCount, seriesList } from '../params.ts';
import { firstOf, rankByAggregation } from '../ranking.ts';

type Order = 'ascending' | 'descending';

function top(list: Series[], n: number, func: string, order: Order, missing?: number): Series[] {
  return firstOf(rankByAggregation(list, resolveAggregation(func), order, missing), Math.trunc(n));
}

export const highest = defineFunction({
  name: 'highest',
  group: 'Filter Series',
  params: [seriesList, { ...requiredCount, acceptsOther: true, assumed: 1 }, averageAggregation],
  description: 'The `n` series with the highest aggregation `func`, highest first.',
  examples: ['highest(servers.*.load.shortterm, 5, "max")'],
  evaluate: ({ seriesList, n, func }) => top(seriesList, n, func, 'descending'),
});

export const lowest = defineFunction({
  name: 'lowest',
  group: 'Filter Series',
  params: [seriesList, { ...requiredCount, acceptsOther: true, assumed: 1 }, averageAggregation],
  description: 'The `n` series with the lowest aggregation `func`, lowest first.',
  examples: ['lowest(servers.*.load.shortterm, 5, "min")'],
  evaluate: ({ seriesList, n, func }) => top(seriesList, n, func, 'ascending'),
});

const shorthand = (
  name: string,
  func: string,
  order: Order,
  what: string,
  carbonapiOnly: { missing?: number } | undefined = undefined,
) =>
  defineFunction({
    name,
    ...(carbonapiOnly === undefined ? {} : { carbonapiOnly: true }),
    group: 'Filter Series',
    params: [
      seriesList,
      {
        ...requiredCount,
        acceptsOther: true,
        // The Go carbonapi does without a count.
        ...(carbonapiOnly === undefined ? {} : { assumed: 1 }),
      },
    ],
    description: `The \`n\` series with the ${what}, in that order.`,
    examples: [`${name}(servers.*.load.shortterm, 5)`],
    evaluate: ({ seriesList, n }) => top(seriesList, n, func, order, carbonapiOnly?.missing),
  });

export const highestAverage = shorthand(
  'highestAverage',
  'average',
  'descending',
  'highest averages',
);
export const highestCurrent = shorthand(
  'highestCurrent',
  'last',
  'descending',
  'highest last values',
);
export const highestMax = shorthand('highestMax', 'max', 'descending', 'highest maxima');
export const lowestAverage = shorthand('lowestAverage', 'average', 'ascending', 'lowest averages');
export const lowestCurrent = shorthand('lowestCurrent', 'last', 'ascending', 'lowest last values');
// To carbonapi the minimum of no points is more than any.
const noMinimum = { missing: Number.POSITIVE_INFINITY };
export const highestMin = shorthand('highestMin', 'min', 'descending', 'highest minima', noMinimum);
export const lowestMax = shorthand('lowestMax', 'max', 'ascending', 'lowest maxima', {});
export const lowestMin = shorthand('lowestMin', 'min', 'ascending', 'lowest minima', noMinimum);
