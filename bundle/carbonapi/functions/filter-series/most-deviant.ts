// mostDeviant: the series that vary most.
import { aggregateRange } from '../../../points/aggregation.ts';
import { defineFunction } from '../define.ts';
import { requiredCount, seriesList } from '../params.ts';
import { firstOf, rankSeries } from '../ranking.ts';

export const mostDeviant = defineFunction({
  name: 'mostDeviant',
  group: 'Filter Series',
  params: [seriesList, requiredCount],
  description: 'The `n` series with the largest standard deviation, largest first.',
  examples: ['mostDeviant(servers.*.load.shortterm, 5)'],
  evaluate: ({ seriesList, n }) => {
    const present = seriesList.filter(({ values }) => aggregateRange(values, 'count') > 0);
    const deviation = ({ values }: { values: Float64Array }): number =>
      aggregateRange(values, 'stddev');
    return firstOf(rankSeries(present, deviation, 'descending'), n);
  },
});
