// interpolate: gaps filled with a straight line.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { endOfGap, limitParam } from '../gaps.ts';
import { seriesList } from '../params.ts';

export const interpolate = defineFunction({
  name: 'interpolate',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, limitParam],
  description:
    'Fills gaps with a straight line between the values around them. A gap longer than `limit` ' +
    'points, or at either end, stays as it is.',
  examples: ['interpolate(servers.*.load.shortterm, 10)'],
  evaluate: ({ seriesList, limit }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 1; i < values.length; i++) {
        if (!Number.isNaN(values[i]) || Number.isNaN(values[i - 1])) continue;
        const end = endOfGap(values, i);
        const points = end - i;
        if (end < values.length && points <= limit) {
          const before = values[i - 1]!;
          const rise = values[end]! - before;
          for (let k = 1; k <= points; k++) values[i - 1 + k] = before + (k * rise) / (points + 1);
        }
        i = end;
      }
      return derive(series, `interpolate(${series.name})`, values);
    }),
});
