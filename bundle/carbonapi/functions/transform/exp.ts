// exp: the exponential of every point.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

export const exp = defineFunction({
  name: 'exp',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: 'Euler’s number to the power of every point.',
  examples: ['exp(servers.*.load.shortterm)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = Math.exp(values[i]!);
      return derive(series, `exp(${series.name})`, values, { exp: 'e' });
    }),
});
