// absolute: points without their sign.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

export const absolute = defineFunction({
  name: 'absolute',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: 'Drops the sign of every point.',
  examples: ['absolute(derivative(servers.*.load.shortterm))'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = Math.abs(values[i]!);
      return derive(series, `absolute(${series.name})`, values, { absolute: '1' });
    }),
});
