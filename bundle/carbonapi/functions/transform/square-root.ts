// squareRoot: the square root of every point.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

export const squareRoot = defineFunction({
  name: 'squareRoot',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: 'The square root of every point; negative ones are missing.',
  examples: ['squareRoot(servers.*.load.shortterm)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = values[i]! ** 0.5;
      return derive(series, `squareRoot(${series.name})`, values, { squareRoot: '1' });
    }),
});
