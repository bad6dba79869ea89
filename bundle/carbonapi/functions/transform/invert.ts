// invert: one divided by every point.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

export const invert = defineFunction({
  name: 'invert',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: 'One divided by every point; zeros are missing.',
  examples: ['invert(app.requests.seconds)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = missing(series.values.length);
      for (let i = 0; i < values.length; i++) {
        if (series.values[i] !== 0) values[i] = 1 / series.values[i]!;
      }
      return derive(series, `invert(${series.name})`, values, { invert: '1' });
    }),
});
