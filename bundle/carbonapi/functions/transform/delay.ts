// delay: a series moved by some points.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

export const delay = defineFunction({
  name: 'delay',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, { name: 'steps', type: 'integer', required: true }],
  description: 'Moves every series by `steps` points to the right, or left if negative.',
  examples: ['divideSeries(app.freed, delay(app.allocated, 3))'],
  evaluate: ({ seriesList, steps }) =>
    seriesList.map((series) => {
      // A delay of nothing leaves nothing: Graphite cuts off the last -0 points, which are all.
      const length = steps === 0 ? 0 : series.values.length;
      const shift = Math.max(-length, Math.min(length, steps));
      const values = missing(length);
      if (shift >= 0) values.set(series.values.subarray(0, length - shift), shift);
      else values.set(series.values.subarray(-shift));
      return derive(series, `delay(${series.name},${steps})`, values, { delay: String(steps) });
    }),
});
