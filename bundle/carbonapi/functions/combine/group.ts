// group: several lists as one.
import { defineFunction } from '../define.ts';

export const group = defineFunction({
  name: 'group',
  keepsPoints: true,
  group: 'Combine',
  params: [{ name: 'seriesLists', type: 'seriesList', multiple: true }],
  description: 'Puts any number of series lists into one, unchanged.',
  examples: ['group(servers.web01.load.*, servers.db01.load.*)'],
  evaluate: ({ seriesLists }) => seriesLists,
});
