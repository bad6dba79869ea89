// countSeries: how many series there are, at each point.
import { alignSeries } from '../align.ts';
import { constantSeries } from '../constant-series.ts';
import { defineFunction } from '../define.ts';
import { createSeries } from '../derive.ts';
import { pathExpressionsOf } from '../names.ts';
import { rowCount } from '../rows.ts';

export const countSeries = defineFunction({
  name: 'countSeries',
  group: 'Combine',
  params: [{ name: 'seriesLists', type: 'seriesList', multiple: true }],
  description: 'The number of series, as a line. Series without points count as well.',
  examples: ['countSeries(servers.*.load.shortterm)'],
  evaluate: ({ seriesLists }, context) => {
    if (seriesLists.length === 0) {
      const isAsked = context.call.args.length > 0;
      return isAsked ? [] : [constantSeries(0, '0', context, 'countSeries()')];
    }
    const { columns, start, end, step } = alignSeries(seriesLists);
    return [
      createSeries({
        name: `countSeries(${pathExpressionsOf(seriesLists)})`,
        start,
        end,
        step,
        values: new Float64Array(rowCount(columns)).fill(seriesLists.length),
        xFilesFactor: context.xFilesFactor,
      }),
    ];
  },
});
