// minMax: a series stretched to the range 0 to 1.
import { aggregateRange } from '../../../points/aggregation.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

export const minMax = defineFunction({
  name: 'minMax',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: 'Stretches each series to the range 0 to 1 by its own minimum and maximum.',
  examples: ['minMax(app.*.users)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const minimum = aggregateRange(series.values, 'min');
      const range = aggregateRange(series.values, 'max') - minimum;
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        if (!Number.isNaN(value)) values[i] = range === 0 ? 0 : (value - minimum) / range;
      }
      return derive(series, `minMax(${series.name})`, values);
    }),
});
