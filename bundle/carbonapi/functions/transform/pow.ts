// pow: every point to a power.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { factor, seriesList } from '../params.ts';
import { safePower } from '../power.ts';

export const pow = defineFunction({
  name: 'pow',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, factor],
  description: 'Raises every point to the power of `factor`; what overflows is missing.',
  examples: ['pow(servers.*.load.shortterm, 2)'],
  evaluate: ({ seriesList, factor }) => {
    const text = formatG(factor);
    return seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = safePower(values[i]!, factor);
      const name = `pow(${series.name},${text})`;
      return derive(series, name, values, { pow: formatFloat(factor) });
    });
  },
});
