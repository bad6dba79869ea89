// integral: the running sum.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

export const integral = defineFunction({
  name: 'integral',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: 'The sum of all points so far; missing points stay missing.',
  examples: ['integral(app.sales.count)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = missing(series.values.length);
      let sum = 0;
      for (let i = 0; i < values.length; i++) {
        const value = series.values[i]!;
        if (!Number.isNaN(value)) {
          sum += value;
          values[i] = sum;
        }
      }
      return derive(series, `integral(${series.name})`, values, { integral: '1' });
    }),
});
