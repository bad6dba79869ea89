// averageOutsidePercentile: series whose average stands out.
import { aggregateRange, sortedPresent } from '../../../points/aggregation.ts';
import { mirrored, percentileOfSorted } from '../../../points/percentile.ts';
import { defineFunction } from '../define.ts';
import { requiredNumber, seriesList } from '../params.ts';
import { checkPercent } from '../percent.ts';

export const averageOutsidePercentile = defineFunction({
  name: 'averageOutsidePercentile',
  group: 'Filter Series',
  params: [seriesList, requiredNumber],
  description:
    'Drops the series whose average lies between the `n`-th percentile of all averages and its ' +
    'mirror image.',
  examples: ['averageOutsidePercentile(servers.*.load.shortterm, 95)'],
  evaluate: ({ seriesList, n }) => {
    const { low, high } = mirrored(n);
    if (seriesList.length > 0) checkPercent('averageOutsidePercentile', high);
    const averages = Float64Array.from(seriesList, ({ values }) =>
      aggregateRange(values, 'average'),
    );
    const sorted = sortedPresent(averages);
    const lowest = percentileOfSorted(sorted, low);
    const highest = percentileOfSorted(sorted, high);
    return seriesList.filter((_, index) => {
      const average = averages[index]!;
      return !(lowest < average && average < highest);
    });
  },
});
