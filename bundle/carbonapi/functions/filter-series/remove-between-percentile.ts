// removeBetweenPercentile: series that stand out at some point.

import { mirrored, percentileOfSorted } from '../../../points/percentile.ts';
import { defineFunction } from '../define.ts';
import { requiredNumber, seriesList } from '../params.ts';
import { checkPercent } from '../percent.ts';
import { aggregateRowsInTurns } from '../rows.ts';

export const removeBetweenPercentile = defineFunction({
  name: 'removeBetweenPercentile',
  group: 'Filter Series',
  params: [seriesList, requiredNumber],
  description:
    'Drops the series that always lie between the `n`-th percentile of all series at that point ' +
    'and its mirror image.',
  examples: ['removeBetweenPercentile(servers.*.load.shortterm, 95)'],
  evaluate: async ({ seriesList, n }, context) => {
    const { low, high } = mirrored(n);
    if (seriesList.length > 0) checkPercent('removeBetweenPercentile', high);
    const columns = seriesList.map(({ values }) => values);
    const percentiles = (percent: number): Promise<Float64Array> =>
      aggregateRowsInTurns(
        columns,
        (sorted) => percentileOfSorted(sorted, percent),
        0,
        () => context.pause(),
      );
    const lowest = await percentiles(low);
    const highest = await percentiles(high);
    return seriesList.filter(({ values }) =>
      values.some((value, i) => !(lowest[i]! < value && value < highest[i]!)),
    );
  },
});
