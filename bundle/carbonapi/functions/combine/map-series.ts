// mapSeries: series in the order of their groups.
import { defineFunction } from '../define.ts';
import { groupBy, nodesKey } from '../names.ts';
import { seriesList } from '../params.ts';

export const mapSeries = defineFunction({
  name: 'mapSeries',
  aliases: ['map'],
  group: 'Combine',
  params: [seriesList, { name: 'mapNodes', type: 'nodeOrTag', required: true, multiple: true }],
  description:
    'Orders series into groups with the same nodes (or tags), as reduceSeries takes them.',
  examples: ['mapSeries(servers.*.cpu.*, 1)'],
  evaluate: ({ seriesList, mapNodes }) =>
    [...groupBy(seriesList, (series) => nodesKey(series, mapNodes)).values()].flat(),
});
