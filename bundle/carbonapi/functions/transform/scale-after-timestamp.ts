// scaleAfterTimestamp (carbonapi): scale, but only from some time on.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatShortest } from '../format-number.ts';
import { seriesList } from '../params.ts';

export const scaleAfterTimestamp = defineFunction({
  name: 'scaleAfterTimestamp',
  carbonapiOnly: true,
  perSeries: true,
  group: 'Transform',
  params: [
    seriesList,
    { name: 'factor', type: 'float', required: true },
    { name: 'timestamp', type: 'integer', default: 0 },
  ],
  description: 'Multiplies the points from `timestamp` (epoch seconds) on by `factor`.',
  examples: ['scaleAfterTimestamp(app.bytes, 8, 1767225600)'],
  evaluate: ({ seriesList, factor, timestamp }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      const first = Math.max(0, Math.ceil((timestamp - series.start) / series.step));
      for (let i = first; i < values.length; i++) values[i]! *= factor;
      const text = formatShortest(factor);
      const suffix = timestamp === 0 ? '' : `,${timestamp}`;
      return derive(series, `scale(${series.name},${text}${suffix})`, values, { scale: text });
    }),
});
