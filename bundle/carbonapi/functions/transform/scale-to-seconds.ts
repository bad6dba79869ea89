// scaleToSeconds: a value per step as a value per so many seconds.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat } from '../format-number.ts';
import { seriesList } from '../params.ts';
import { roundHalfEven } from '../round.ts';

export const scaleToSeconds = defineFunction({
  name: 'scaleToSeconds',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, { name: 'seconds', type: 'float', required: true }],
  description: 'Turns an amount per step into an amount per `seconds` seconds, to six decimals.',
  examples: ['scaleToSeconds(derivative(app.requests.count), 1)'],
  evaluate: ({ seriesList, seconds }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      const factor = seconds / series.step;
      for (let i = 0; i < values.length; i++) values[i] = roundHalfEven(values[i]! * factor, 6);
      const name = `scaleToSeconds(${series.name},${Math.trunc(seconds)})`;
      return derive(series, name, values, { scaleToSeconds: formatFloat(seconds) });
    }),
});
