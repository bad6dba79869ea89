// mostDeviant, averageOutsidePercentile, removeBetweenPercentile: the series that stand out.
import { aggregateRange, sortedPresent } from '../aggregation.ts';
import { defineFunction } from '../define.ts';
import { requiredCount, requiredNumber, seriesList } from '../params.ts';
import { percentileOfSorted } from '../percentile.ts';
import { firstOf, rankSeries } from '../ranking.ts';
import { mapSortedRows } from '../rows.ts';

/** A percentile and its mirror image, both sides of the middle. */
function mirrored(n: number): { low: number; high: number } {
  const high = n < 50 ? 100 - n : n;
  return { low: 100 - high, high };
}

export const mostDeviant = defineFunction({
  name: 'mostDeviant',
  group: 'Filter Series',
  params: [seriesList, requiredCount],
  description: 'The `n` series with the largest standard deviation, largest first.',
  examples: ['mostDeviant(servers.*.load.shortterm, 5)'],
  evaluate: ({ seriesList, n }) => {
    const present = seriesList.filter(({ values }) => aggregateRange(values, 'count') > 0);
    const deviation = ({ values }: { values: Float64Array }): number =>
      aggregateRange(values, 'stddev');
    return firstOf(rankSeries(present, deviation, 'descending'), n);
  },
});

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
