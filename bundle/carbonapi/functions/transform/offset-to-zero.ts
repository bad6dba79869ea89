// offsetToZero: a series moved down to begin at zero.
import { aggregateRange } from '../../../points/aggregation.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat } from '../format-number.ts';
import { seriesList } from '../params.ts';

export const offsetToZero = defineFunction({
  name: 'offsetToZero',
  perSeries: true,
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
