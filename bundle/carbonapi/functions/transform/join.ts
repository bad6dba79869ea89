// join (carbonapi): set operations on two lists, by name.
import { OperatingError } from '../../../core/errors.ts';
import { didYouMean } from '../../../core/nearest-name.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';

const operations = ['AND', 'OR', 'XOR', 'SUB'] as const;

const without = (list: Series[], others: Series[]): Series[] => {
  const names = new Set(others.map(({ name }) => name));
  return list.filter(({ name }) => !names.has(name));
};

export const join = defineFunction({
  name: 'join',
  carbonapiOnly: true,
  group: 'Transform',
  params: [
    { name: 'seriesA', type: 'seriesList', required: true },
    { name: 'seriesB', type: 'seriesList', required: true },
    { name: 'type', type: 'string', default: 'AND', options: operations, acceptsOther: true },
  ],
  description:
    'By the names of series: those in both lists (`"AND"`), in either (`"OR"`), in only one ' +
    '(`"XOR"`), or in the first but not the second (`"SUB"`).',
  examples: ['join(servers.web*.load, servers.*01.load, "SUB")'],
  evaluate: ({ seriesA, seriesB, type }) => {
    switch (type.toUpperCase()) {
      case 'AND':
        return without(seriesA, without(seriesA, seriesB));
      case 'OR':
        return [...seriesA, ...without(seriesB, seriesA)];
      case 'XOR':
        return [...without(seriesA, seriesB), ...without(seriesB, seriesA)];
      case 'SUB':
        return without(seriesA, seriesB);
      default:
        throw new OperatingError(
          'bad-argument',
          `join: "${type}" is not a type${didYouMean(type, operations)}`,
        );
    }
  },
});
