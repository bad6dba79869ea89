// alias: a legend text of the user's own.

import { withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

export const alias = defineFunction({
  name: 'alias',
  perSeries: true,
  keepsPoints: true,
  group: 'Alias',
  params: [seriesList, { name: 'newName', type: 'string', required: true }],
  description: 'Gives every series the name `newName`, and nothing else changes.',
  examples: ['alias(servers.web01.load.shortterm, "Load")'],
  evaluate: ({ seriesList, newName }) =>
    seriesList.map((series) => withSeries(series, { name: newName })),
});
