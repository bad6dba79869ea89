// substr: some nodes of the path as name.
import { withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { nodeRange } from '../names.ts';
import { seriesList } from '../params.ts';

export const substr = defineFunction({
  name: 'substr',
  perSeries: true,
  keepsPoints: true,
  group: 'Special',
  params: [
    seriesList,
    { name: 'start', type: 'node', default: 0 },
    { name: 'stop', type: 'node', default: 0 },
  ],
  description:
    'Names each series after the nodes from `start` up to but without `stop` of the path inside ' +
    'its name; 0 as `stop` means to the end.',
  examples: ['substr(servers.*.load.shortterm, 1, 3)'],
  evaluate: ({ seriesList, start, stop }) =>
    seriesList.map((series) =>
      withSeries(series, { name: nodeRange(series.name, Number(start), Number(stop)) }),
    ),
});
