// nPercentile: a percentile of each series as a horizontal line.
import { OperatingError } from '../../../core/errors.ts';
import { sortedPresent } from '../../../points/aggregation.ts';
import { percentileOfSorted } from '../../../points/percentile.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { requiredNumber, seriesList } from '../params.ts';
import { checkPercent } from '../percent.ts';

export const nPercentile = defineFunction({
  name: 'nPercentile',
  dropsSeries: true,
  perSeries: true,
  group: 'Calculate',
  params: [seriesList, requiredNumber],
  description:
    'A line at the `n`-th percentile of each series; series without values are left out.',
  examples: ['nPercentile(servers.web01.load.shortterm, 95)'],
  evaluate: ({ seriesList, n }) => {
    if (n === 0) throw new OperatingError('bad-argument', 'nPercentile: n must be greater than 0');
    if (seriesList.length > 0) checkPercent('nPercentile', n);
    return seriesList.flatMap((series) => {
      const value = percentileOfSorted(sortedPresent(series.values), n);
      if (Number.isNaN(value)) return [];
      const points = Math.trunc((series.end - series.start) / series.step);
      const name = `nPercentile(${series.name}, ${formatG(n)})`;
      const values = new Float64Array(points).fill(value);
      return [derive(series, name, values, { nPercentile: formatFloat(n) })];
    });
  },
});
