// reduceSeries: members of groups combined by the name of a node.
import { OperatingError } from '../../../core/errors.ts';
import { didYouMean } from '../../../core/nearest-name.ts';
import { type Series, withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';

export const reduceSeries = defineFunction({
  name: 'reduceSeries',
  aliases: ['reduce'],
  group: 'Combine',
  params: [
    { name: 'seriesLists', type: 'seriesLists', required: true },
    { name: 'reduceFunction', type: 'string', required: true },
    { name: 'reduceNode', type: 'node', required: true },
    { name: 'reduceMatchers', type: 'string', required: true, multiple: true },
  ],
  description:
    'For series that differ only in node `reduceNode`: calls `reduceFunction` with those whose ' +
    'node is one of `reduceMatchers`, in that order. The result is named after the nodes before.',
  examples: [
    'reduceSeries(mapSeries(servers.*.disk.*, 1), "asPercent", 3, "bytes_used", "total_bytes")',
  ],
  evaluate: async ({ seriesLists, reduceFunction, reduceNode, reduceMatchers }, context) => {
    const groups = new Map<string, Series[][]>();
    for (const series of seriesLists) {
      const nodes = series.name.split('.');
      const place = reduceMatchers.indexOf(nodes.at(Number(reduceNode)) ?? '');
      if (place < 0) continue;
      const prefix = nodes.slice(0, Number(reduceNode)).join('.');
      const key = `${prefix}.reduce.${reduceFunction}`;
      const group = groups.get(key) ?? reduceMatchers.map(() => []);
      group[place] = [series];
      groups.set(key, group);
    }
    const reduced = [...groups].map(async ([name, lists]) => {
      const result = await context.callFunction(reduceFunction, lists);
      if (result === undefined) {
        throw new OperatingError(
          'bad-argument',
          `reduceSeries: there is no function "${reduceFunction}"${didYouMean(reduceFunction, ['asPercent', 'divideSeries', 'diffSeries', 'sumSeries', 'averageSeries', 'multiplySeries'])}`,
        );
      }
      return result.slice(0, 1).map((series) => withSeries(series, { name }));
    });
    return (await Promise.all(reduced)).flat();
  },
});
