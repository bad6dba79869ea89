// count (carbonapi): how many series have a value at each point.
import { combineSeries } from '../combine.ts';
import { defineFunction } from '../define.ts';
import { seriesLists } from '../params.ts';

export const count = defineFunction({
  name: 'count',
  carbonapiOnly: true,
  group: 'Combine',
  params: [seriesLists],
  description: 'The number of series that have a value at each point; missing where none has.',
  examples: ['count(servers.*.load.shortterm)'],
  evaluate: async ({ seriesLists }, context) =>
    seriesLists.length === 0 ? [] : [await combineSeries(seriesLists, 'count', context)],
});
