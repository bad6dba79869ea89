// limit: the first so many series.
import { defineFunction } from '../define.ts';
import { requiredCount, seriesList } from '../params.ts';
import { firstOf } from '../ranking.ts';

export const limit = defineFunction({
  name: 'limit',
  keepsPoints: true,
  group: 'Filter Series',
  params: [seriesList, requiredCount],
  description: 'The first `n` series.',
  examples: ['limit(servers.*.load.shortterm, 10)'],
  evaluate: ({ seriesList, n }) => firstOf(seriesList, n),
});
