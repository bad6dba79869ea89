// removeEmptySeries and carbonapi's removeZeroSeries: only series that have something to show.
import { countPresent } from '../../../points/aggregation.ts';
import { defineFunction } from '../define.ts';
import { optionalXFilesFactor, seriesList } from '../params.ts';

export const removeEmptySeries = defineFunction({
  name: 'removeEmptySeries',
  perSeries: true,
  group: 'Filter Series',
  params: [seriesList, optionalXFilesFactor],
  description:
    'Drops the series without values, or with values at less than the share `xFilesFactor` of ' +
    'their points.',
  examples: ['removeEmptySeries(servers.*.load.shortterm, 0.5)'],
  evaluate: ({ seriesList, xFilesFactor }) =>
    seriesList.filter(({ values }) => {
      const present = countPresent(values);
      return present > 0 && present / values.length >= (xFilesFactor ?? 0);
    }),
});
