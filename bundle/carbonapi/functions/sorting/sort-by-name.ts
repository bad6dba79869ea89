// sortByName: series in the order of their names.
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

const naturalKey = (name: string): string =>
  name.replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '').padStart(10, '0'));

export const sortByName = defineFunction({
  name: 'sortByName',
  keepsPoints: true,
  group: 'Sorting',
  params: [
    seriesList,
    { name: 'natural', type: 'boolean', default: false },
    { name: 'reverse', type: 'boolean', default: false },
  ],
  description:
    'Orders series by name. With `natural`, numbers in names count as numbers: server2 comes ' +
    'before server10.',
  examples: ['sortByName(servers.*.load.shortterm, true)'],
  evaluate: ({ seriesList, natural, reverse }) => {
    const sign = reverse ? -1 : 1;
    return seriesList
      .map((series) => ({ series, key: natural ? naturalKey(series.name) : series.name }))
      .sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -sign : sign))
      .map(({ series }) => series);
  },
});
