// integralByInterval: a running sum that starts over.
import { parseInterval } from '../../expression/time-range.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { positiveInterval } from '../interval.ts';
import { seriesList } from '../params.ts';

export const integralByInterval = defineFunction({
  name: 'integralByInterval',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, { name: 'intervalUnit', type: 'string', required: true }],
  description:
    'A running sum that starts over every `intervalUnit`, counted from the start of the window. ' +
    'Missing points repeat the sum.',
  examples: ['integralByInterval(app.sales.count, "1d")'],
  evaluate: ({ seriesList, intervalUnit }, { window }) => {
    const interval = positiveInterval(intervalUnit, Math.abs(parseInterval(intervalUnit)));
    return seriesList.map((series) => {
      const values = new Float64Array(series.values.length);
      let sum = 0;
      for (let i = 0; i < values.length; i++) {
        const elapsed = series.start + i * series.step - window.start;
        const period = Math.floor(elapsed / interval);
        if (period !== Math.floor((elapsed - series.step) / interval)) sum = 0;
        const value = series.values[i]!;
        if (!Number.isNaN(value)) sum += value;
        values[i] = sum;
      }
      const name = `integralByInterval(${series.name},'${intervalUnit}')`;
      return derive(series, name, values, { integralByInterval: intervalUnit });
    });
  },
});
