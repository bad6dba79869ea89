// consolidateBy and cumulative: how points are put together when there are too many.

import { consolidationNames } from '../../consolidation.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

const consolidatedBy = (list: Series[], consolidate: string): Series[] =>
  list.map((series) => ({
    ...derive(series, `consolidateBy(${series.name},"${consolidate}")`, series.values, {
      consolidateBy: consolidate,
    }),
    consolidate,
  }));

export const consolidateBy = defineFunction({
  name: 'consolidateBy',
  perSeries: true,
  keepsPoints: true,
  group: 'Special',
  params: [
    seriesList,
    {
      name: 'consolidationFunc',
      type: 'string',
      required: true,
      options: consolidationNames,
    },
  ],
  description:
    'Says how points of these series are put together when there are more than can be shown, or ' +
    'when they are combined with series of a longer step.',
  examples: ['consolidateBy(app.requests.count, "sum")'],
  consolidatesBy: ({ consolidationFunc }) => consolidationFunc,
  evaluate: ({ seriesList, consolidationFunc }) => consolidatedBy(seriesList, consolidationFunc),
});

export const cumulative = defineFunction({
  name: 'cumulative',
  perSeries: true,
  keepsPoints: true,
  group: 'Special',
  params: [seriesList],
  description: 'The same as consolidateBy with `"sum"`.',
  examples: ['cumulative(app.requests.count)'],
  consolidatesBy: () => 'sum',
  evaluate: ({ seriesList }) => consolidatedBy(seriesList, 'sum'),
});
