// highest, lowest and their shorthands: the top or bottom series by an aggregation.

import { aggregateRange, resolveAggregation } from '../../../points/aggregation.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { highestRanks, lowestRanks } from '../heap-ranking.ts';
import { averageAggregation, requiredCount, seriesList } from '../params.ts';
import { firstOf, rankByAggregation } from '../ranking.ts';

type Order = 'ascending' | 'descending';

function top(list: Series[], n: number, func: string, order: Order): Series[] {
  return firstOf(rankByAggregation(list, resolveAggregation(func), order), Math.trunc(n));
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

const shorthand = (name: string, func: string, order: Order, what: string) =>
  defineFunction({
    name,
    group: 'Filter Series',
    params: [seriesList, { ...requiredCount, acceptsOther: true }],
    description: `The \`n\` series with the ${what}, in that order.`,
    examples: [`${name}(servers.*.load.shortterm, 5)`],
    evaluate: ({ seriesList, n }) => top(seriesList, n, func, order),
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

/** Those that only carbonapi has. A list that is not long enough keeps its order there. */
const carbonapiShorthand = (name: string, func: 'max' | 'min', order: Order, what: string) =>
  defineFunction({
    name,
    carbonapiOnly: true,
    group: 'Filter Series',
    params: [seriesList, { ...requiredCount, acceptsOther: true, assumed: 1 }],
    description: `The \`n\` series with the ${what}, in that order.`,
    examples: [`${name}(servers.*.load.shortterm, 5)`],
    evaluate: ({ seriesList, n }) => {
      const count = Math.trunc(n);
      if (seriesList.length < count) return seriesList;
      // To carbonapi the minimum of no points is more than any, their maximum less.
      const missing = func === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      const ranks = seriesList.map(({ values }) => {
        const rank = aggregateRange(values, func);
        return Number.isNaN(rank) ? missing : rank;
      });
      const best = order === 'ascending' ? lowestRanks : highestRanks;
      return best(ranks, count).map((index) => seriesList[index]!);
    },
  });

export const highestMin = carbonapiShorthand('highestMin', 'min', 'descending', 'highest minima');
export const lowestMax = carbonapiShorthand('lowestMax', 'max', 'ascending', 'lowest maxima');
export const lowestMin = carbonapiShorthand('lowestMin', 'min', 'ascending', 'lowest minima');
