// log: the logarithm of every point.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

export const log = defineFunction({
  name: 'log',
  carbonapiAliases: ['logarithm'],
  group: 'Transform',
  params: [seriesList, { name: 'base', type: 'integer', default: 10, acceptsOther: true }],
  description:
    'The logarithm of every point to the given base; points that are not positive are missing.',
  examples: ['log(app.requests.count, 2)'],
  evaluate: ({ seriesList, base }) => {
    const divisor = Math.log(base);
    return seriesList.map((series) => {
      const values = missing(series.values.length);
      for (let i = 0; i < values.length; i++) {
        const value = series.values[i]!;
        if (value > 0) values[i] = base === 10 ? Math.log10(value) : Math.log(value) / divisor;
      }
      return derive(series, `log(${series.name}, ${base})`, values, { log: String(base) });
    });
  },
});
