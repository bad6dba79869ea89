// unique: one series of each name.
import { defineFunction } from '../define.ts';
import { seriesLists } from '../params.ts';

export const unique = defineFunction({
  name: 'unique',
  keepsPoints: true,
  group: 'Filter Series',
  params: [seriesLists],
  description: 'Keeps the first of the series that have the same name.',
  examples: ['unique(servers.web*.load.shortterm, servers.*01.load.shortterm)'],
  evaluate: ({ seriesLists }) => {
    const seen = new Set<string>();
    return seriesLists.filter(({ name }) => !seen.has(name) && seen.add(name));
  },
});
