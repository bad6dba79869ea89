// stacked: series on top of each other, within one stack of the request.
import { defineFunction } from '../define.ts';
import { missing, tagged } from '../derive.ts';
import { seriesList } from '../params.ts';

const defaultStack = '__DEFAULT__';

export const stacked = defineFunction({
  name: 'stacked',
  group: 'Graph',
  params: [seriesList, { name: 'stack', type: 'string' }],
  description:
    'Adds to each series those before it in the same stack, also from other targets of the ' +
    'request. `stack` names a stack of its own and leaves the names of the series alone.',
  examples: ['stacked(servers.*.cpu.{user,system})'],
  evaluate: ({ seriesList, stack = defaultStack }, { stacks }) => {
    const totals = stacks.get(stack) ?? [];
    stacks.set(stack, totals);
    return seriesList.map((series) => {
      const values = missing(series.values.length);
      for (let i = 0; i < values.length; i++) {
        const value = series.values[i]!;
        const total = totals[i] ?? 0;
        totals[i] = !Number.isNaN(value) ? total + value : total;
        if (!Number.isNaN(value)) values[i] = totals[i]!;
      }
      const isDefault = stack === defaultStack;
      const name = isDefault ? `stacked(${series.name})` : series.name;
      return tagged(series, isDefault ? { stacked: stack } : {}, {
        name,
        pathExpression: name,
        values,
        options: { ...series.options, stacked: true },
      });
    });
  },
});
