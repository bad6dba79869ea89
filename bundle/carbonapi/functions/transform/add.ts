// add: like offset, with another name and tag.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat } from '../format-number.ts';
import { seriesList } from '../params.ts';

export const add = defineFunction({
  name: 'add',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, { name: 'constant', type: 'float', required: true }],
  description: 'Adds `constant` to every point. The name shows it as an integer.',
  examples: ['add(servers.*.load.shortterm, 10)'],
  evaluate: ({ seriesList, constant }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i]! += constant;
      const name = `add(${series.name},${Math.trunc(constant)})`;
      return derive(series, name, values, { add: formatFloat(constant) });
    }),
});
