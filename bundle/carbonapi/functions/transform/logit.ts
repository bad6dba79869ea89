// logit: the inverse of sigmoid.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

export const logit = defineFunction({
  name: 'logit',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description:
    'The inverse of sigmoid, `log(x / (1 - x))`; points not between 0 and 1 are missing.',
  examples: ['logit(servers.*.disk.share)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) => {
      const values = missing(series.values.length);
      for (let i = 0; i < values.length; i++) {
        const value = series.values[i]!;
        if (value > 0 && value < 1) values[i] = Math.log(value / (1 - value));
      }
      return derive(series, `logit(${series.name})`, values, { logit: 'logit' });
    }),
});
