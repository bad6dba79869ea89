// derivative: the difference of neighbouring points.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

export const derivative = defineFunction({
  name: 'derivative',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: 'The difference of every point to the one before it.',
  examples: ['derivative(app.requests.count)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = missing(series.values.length);
      for (let i = 1; i < values.length; i++) values[i] = series.values[i]! - series.values[i - 1]!;
      return derive(series, `derivative(${series.name})`, values, { derivative: '1' });
    }),
});
