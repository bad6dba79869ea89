// aliasByNode and aliasByTags: names made of parts of the metric path and of tags.
import { type Series, withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { nodesKey } from '../names.ts';
import { seriesList } from '../params.ts';

// Without a node the name is empty.
const nodes = { type: 'nodeOrTag', required: true, multiple: true, assumed: '' } as const;

const nameByNodes = (list: Series[], nodes: (number | string)[]): Series[] =>
  list.map((series) => withSeries(series, { name: nodesKey(series, nodes) }));

export const aliasByNode = defineFunction({
  name: 'aliasByNode',
  perSeries: true,
  keepsPoints: true,
  group: 'Alias',
  params: [seriesList, { ...nodes, name: 'nodes' }],
  description:
    'Names each series after the given nodes of its path, joined by dots. Nodes count from 0, ' +
    'negative ones from the end; a text stands for the tag of that name.',
  examples: ['aliasByNode(servers.*.load.shortterm, 1)', 'aliasByNode(servers.*.cpu.*, 1, -1)'],
  evaluate: ({ seriesList, nodes }) => nameByNodes(seriesList, nodes),
});

export const aliasByTags = defineFunction({
  name: 'aliasByTags',
  perSeries: true,
  keepsPoints: true,
  group: 'Alias',
  params: [seriesList, { ...nodes, name: 'tags' }],
  description:
    'Names each series after the values of the given tags, joined by dots. Numbers stand for ' +
    'nodes of the path.',
  examples: ['aliasByTags(seriesByTag("name=disk.used"), "server", "name")'],
  evaluate: ({ seriesList, tags }) => nameByNodes(seriesList, tags),
});
