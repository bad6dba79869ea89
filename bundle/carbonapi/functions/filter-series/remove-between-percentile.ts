// removeBetweenPercentile: series that stand out at some point.
import { defineFunction } from '../define.ts';
import { requiredNumber, seriesList } from '../params.ts';
import { mirrored, percentileOfSorted } from '../percentile.ts';
import { mapSortedRows } from '../rows.ts';

export const removeBetweenPercentile = defineFunction({
  name: 'removeBetweenPercentile',
  group: 'Filter Series',
  params: [seriesList, requiredNumber],
  description:
    'Drops the series that always lie between the `n`-th percentile of all series at that point ' +
    'and its mirror image.',
  examples: ['removeBetweenPercentile(servers.*.load.shortterm, 95)'],
  evaluate: ({ seriesList, n }) => {
    const { low, high } = mirrored(n);
    const columns = seriesList.map(({ values }) => values);
    const lowest = mapSortedRows(columns, (sorted) => percentileOfSorted(sorted, low));
    const highest = mapSortedRows(columns, (sorted) => percentileOfSorted(sorted, high));
    return seriesList.filter(({ values }) =>
      values.some((value, i) => !(lowest[i]! < value && value < highest[i]!)),
    );
  },
});
