// aliasByMetric: the last node of the path as name.
import { withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { nodeRange } from '../names.ts';
import { seriesList } from '../params.ts';

export const aliasByMetric = defineFunction({
  name: 'aliasByMetric',
  perSeries: true,
  keepsPoints: true,
  group: 'Alias',
  params: [seriesList],
  description: 'Names each series after the last node of its metric path.',
  examples: ['aliasByMetric(servers.web01.memory.*)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => withSeries(series, { name: nodeRange(series.name, -1, 0) })),
});
