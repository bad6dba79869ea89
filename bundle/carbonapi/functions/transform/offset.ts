// offset: every point plus a number.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { factor, seriesList } from '../params.ts';

export const offset = defineFunction({
  name: 'offset',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, factor],
  description: 'Adds `factor` to every point; a negative one is subtracted.',
  examples: ['offset(servers.*.temperature, -273.15)'],
  evaluate: ({ seriesList, factor }) => {
    const text = formatG(factor);
    return seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i]! += factor;
      const name = `offset(${series.name},${text})`;
      return derive(series, name, values, { offset: formatFloat(factor) });
    });
  },
});
