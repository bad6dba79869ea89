// changed: where a value differs from the one before.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

export const changed = defineFunction({
  name: 'changed',
  perSeries: true,
  group: 'Special',
  params: [seriesList],
  description: '1 where a value differs from the last one before it, 0 elsewhere.',
  examples: ['changed(app.version)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = new Float64Array(series.values.length);
      let previous = Number.NaN;
      for (let i = 0; i < values.length; i++) {
        const value = series.values[i]!;
        if (Number.isNaN(value)) continue;
        if (!Number.isNaN(previous) && value !== previous) values[i] = 1;
        previous = value;
      }
      return derive(series, `changed(${series.name})`, values);
    }),
});
