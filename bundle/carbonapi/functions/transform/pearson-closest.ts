// pearsonClosest (carbonapi): the series that move most like one.
import type { Series } from '../../series.ts';
import { pearsonCorrelation } from '../correlation.ts';
import { defineFunction } from '../define.ts';
import { lowestRanks } from '../heap-ranking.ts';
import { requiredCount, seriesList } from '../params.ts';
import { onlyOne, otherSeriesList } from '../series-pair.ts';

export const pearsonClosest = defineFunction({
  name: 'pearsonClosest',
  carbonapiOnly: true,
  group: 'Transform',
  params: [
    seriesList,
    otherSeriesList,
    requiredCount,
    {
      name: 'direction',
      type: 'string',
      required: true,
      assumed: 'abs',
      options: ['abs', 'pos', 'neg'],
    },
  ],
  description:
    'The `n` series of the second list that move most like the one series of the first: either ' +
    'way (`"abs"`), the same way (`"pos"`) or the opposite way (`"neg"`).',
  examples: ['pearsonClosest(app.requests.count, servers.*.load.shortterm, 3, "pos")'],
  evaluate: ({ seriesList, otherSeriesList, n, direction }) => {
    const reference = onlyOne(seriesList, 'pearsonClosest').values;
    const correlations = new Map(
      otherSeriesList
        .filter(({ values }) => values.length === reference.length)
        .map((series) => [series, pearsonCorrelation(reference, series.values)]),
    );
    const closeness = (series: Series): number => {
      const correlation = correlations.get(series) ?? Number.NaN;
      if (direction === 'abs') return Math.abs(correlation);
      return direction === 'pos' ? correlation : -correlation;
    };
    const ranks = otherSeriesList.map((series) => {
      const close = closeness(series);
      return close >= 0 ? -close : Number.NaN;
    });
    return lowestRanks(ranks, n).map((index) => otherSeriesList[index]!);
  },
});
