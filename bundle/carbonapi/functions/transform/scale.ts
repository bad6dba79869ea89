// scale: every point times a number.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { factor, seriesList } from '../params.ts';

export const scale = defineFunction({
  name: 'scale',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, factor],
  description: 'Multiplies every point by `factor`.',
  examples: ['scale(servers.*.network.octets, 8)'],
  evaluate: ({ seriesList, factor }) => {
    const text = formatG(factor);
    return seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i]! *= factor;
      const name = `scale(${series.name},${text})`;
      return derive(series, name, values, { scale: formatFloat(factor) });
    });
  },
});
