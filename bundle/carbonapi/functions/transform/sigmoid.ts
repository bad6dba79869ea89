// sigmoid: the logistic function of every point.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

export const sigmoid = defineFunction({
  name: 'sigmoid',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: 'The logistic function of every point, `1 / (1 + exp(-x))`.',
  examples: ['sigmoid(servers.*.load.shortterm)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = 1 / (1 + Math.exp(-values[i]!));
      return derive(series, `sigmoid(${series.name})`, values, { sigmoid: 'sigmoid' });
    }),
});
