// exponentialWeightedMovingAverage (carbonapi): each point weighs alpha against all before it.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';
import { writtenText } from '../written-argument.ts';

export const exponentialWeightedMovingAverage = defineFunction({
  name: 'exponentialWeightedMovingAverage',
  aliases: ['ewma'],
  carbonapiOnly: true,
  perSeries: true,
  group: 'Calculate',
  params: [
    seriesList,
    { name: 'alpha', type: 'float', required: true, suggestions: [0.1, 0.5, 0.7] },
  ],
  description:
    'An average in which the newest point weighs `alpha` and everything before it the rest. It ' +
    'starts with the first value; missing points stay missing.',
  examples: ['exponentialWeightedMovingAverage(servers.*.load.shortterm, 0.1)'],
  evaluate: ({ seriesList, alpha }, { call }) => {
    const text = writtenText(call, 'alpha', 1, alpha);
    return seriesList.map((series) => {
      const values = missing(series.values.length);
      let level = Number.NaN;
      for (let i = 0; i < values.length; i++) {
        const value = series.values[i]!;
        if (Number.isNaN(value)) continue;
        level = Number.isNaN(level) ? value : alpha * value + (1 - alpha) * level;
        values[i] = level;
      }
      return derive(series, `ewma(${series.name},${text})`, values);
    });
  },
});
