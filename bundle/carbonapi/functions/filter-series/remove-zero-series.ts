// removeZeroSeries (carbonapi): only series that are not zero often enough.
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

export const removeZeroSeries = defineFunction({
  name: 'removeZeroSeries',
  carbonapiOnly: true,
  perSeries: true,
  group: 'Filter Series',
  params: [seriesList, { name: 'xFilesFactor', type: 'float', required: true, assumed: 0 }],
  description:
    'Drops the series that are zero or missing everywhere, or that have other values at less ' +
    'than the share `xFilesFactor` of their points.',
  examples: ['removeZeroSeries(app.*.errors.count, 0.1)'],
  evaluate: ({ seriesList, xFilesFactor }) =>
    seriesList.filter(({ values }) => {
      let count = 0;
      for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > 0) count++;
      return count > 0 && count / values.length >= xFilesFactor;
    }),
});
