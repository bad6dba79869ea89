// consolidateBy, cumulative, setXFilesFactor: how points are put together when there are too many.
import type { Series } from '../../series.ts';
import { consolidationNames } from '../consolidate.ts';
import { defineFunction } from '../define.ts';
import { derive, tagged } from '../derive.ts';
import { formatFloat } from '../format-number.ts';
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
  evaluate: ({ seriesList, consolidationFunc }) => consolidatedBy(seriesList, consolidationFunc),
});

export const cumulative = defineFunction({
  name: 'cumulative',
  group: 'Special',
  params: [seriesList],
  description: 'The same as consolidateBy with `"sum"`.',
  examples: ['cumulative(app.requests.count)'],
  evaluate: ({ seriesList }) => consolidatedBy(seriesList, 'sum'),
});

export const setXFilesFactor = defineFunction({
  name: 'setXFilesFactor',
  aliases: ['xFilesFactor'],
  group: 'Special',
  params: [seriesList, { name: 'xFilesFactor', type: 'float', required: true }],
  description:
    'Sets the share of points that must be there when points are put together, for these series ' +
    'and for everything that is evaluated after them.',
  examples: ['setXFilesFactor(servers.*.load.shortterm, 0.5)'],
  evaluate: ({ seriesList, xFilesFactor }, context) => {
    context.xFilesFactor = xFilesFactor;
    return seriesList.map((series) =>
      tagged(series, { xFilesFactor: formatFloat(xFilesFactor) }, { xFilesFactor }),
    );
  },
});
