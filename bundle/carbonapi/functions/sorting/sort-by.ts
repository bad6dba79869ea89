// sortBy and its shorthands: series ordered by an aggregated value.
import { aggregateRange, resolveAggregation } from '../../../points/aggregation.ts';
import { defineFunction } from '../define.ts';
import { averageAggregation, seriesList } from '../params.ts';
import { rankByAggregation } from '../ranking.ts';

export const sortBy = defineFunction({
  name: 'sortBy',
  group: 'Sorting',
  params: [seriesList, averageAggregation, { name: 'reverse', type: 'boolean', default: false }],
  description:
    'Orders series by the aggregation `func`, lowest first, or with `reverse` highest first.',
  examples: ['sortBy(servers.*.load.shortterm, "max", true)'],
  evaluate: ({ seriesList, func, reverse }) =>
    rankByAggregation(seriesList, resolveAggregation(func), reverse ? 'descending' : 'ascending'),
});

export const sortByTotal = defineFunction({
  name: 'sortByTotal',
  group: 'Sorting',
  params: [seriesList],
  description: 'Orders series by the sum of their values, highest first.',
  examples: ['sortByTotal(app.*.requests.count)'],
  evaluate: ({ seriesList }) => rankByAggregation(seriesList, 'sum', 'descending'),
});

export const sortByMaxima = defineFunction({
  name: 'sortByMaxima',
  group: 'Sorting',
  params: [seriesList],
  description: 'Orders series by their largest value, highest first.',
  examples: ['sortByMaxima(servers.*.load.shortterm)'],
  evaluate: ({ seriesList }) => rankByAggregation(seriesList, 'max', 'descending'),
});

export const sortByMinima = defineFunction({
  name: 'sortByMinima',
  group: 'Sorting',
  params: [seriesList],
  description:
    'Orders series by their smallest value, lowest first; drops those that are never above zero.',
  examples: ['sortByMinima(servers.*.load.shortterm)'],
  evaluate: ({ seriesList }) =>
    rankByAggregation(
      seriesList.filter(({ values }) => aggregateRange(values, 'max') > 0),
      'min',
      'ascending',
    ),
});
