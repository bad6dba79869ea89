// offsetToZero and minMax: a series moved, or moved and stretched, to begin at zero.
import { aggregateRange } from '../aggregation.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat } from '../format-number.ts';
import { seriesList } from '../params.ts';

export const offsetToZero = defineFunction({
  name: 'offsetToZero',
  group: 'Transform',
  params: [seriesList],
  description: 'Subtracts from each series its smallest value, so that it starts at zero.',
  examples: ['offsetToZero(app.*.users)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const minimum = aggregateRange(series.values, 'min');
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i]! -= minimum;
      const tag = Number.isNaN(minimum) ? 'None' : formatFloat(minimum);
      return derive(series, `offsetToZero(${series.name})`, values, { offsetToZero: tag });
    }),
});

export const minMax = defineFunction({
  name: 'minMax',
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
