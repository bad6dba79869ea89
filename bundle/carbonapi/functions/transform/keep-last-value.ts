// keepLastValue: gaps filled with the value before them.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { endOfGap, limitParam } from '../gaps.ts';
import { seriesList } from '../params.ts';

export const keepLastValue = defineFunction({
  name: 'keepLastValue',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, limitParam],
  description:
    'Fills gaps with the last value before them. A gap longer than `limit` points stays as it is.',
  examples: ['keepLastValue(servers.*.load.shortterm, 5)'],
  evaluate: ({ seriesList, limit }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 1; i < values.length; i++) {
        if (!Number.isNaN(values[i]) || Number.isNaN(values[i - 1])) continue;
        const end = endOfGap(values, i);
        if (end - i <= limit) values.fill(values[i - 1]!, i, end);
        i = end;
      }
      return derive(series, `keepLastValue(${series.name})`, values);
    }),
});
