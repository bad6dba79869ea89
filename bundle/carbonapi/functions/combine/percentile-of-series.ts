// percentileOfSeries: a percentile across series at each point.
import { OperatingError } from '../../../core/errors.ts';
import { percentileOfSorted } from '../../../points/percentile.ts';
import { alignSeries } from '../align.ts';
import { defineFunction } from '../define.ts';
import { createSeries } from '../derive.ts';
import { formatG } from '../format-number.ts';
import { requiredNumber, seriesList } from '../params.ts';
import { checkPercent } from '../percent.ts';
import { aggregateRowsInTurns } from '../rows.ts';

export const percentileOfSeries = defineFunction({
  name: 'percentileOfSeries',
  group: 'Combine',
  params: [seriesList, requiredNumber, { name: 'interpolate', type: 'boolean', default: false }],
  description:
    'The `n`-th percentile across all series at each point, a value of one of them or, with ' +
    '`interpolate`, between two.',
  examples: ['percentileOfSeries(servers.*.load.shortterm, 95)'],
  evaluate: async ({ seriesList, n, interpolate }, context) => {
    if (n <= 0) {
      throw new OperatingError('bad-argument', 'percentileOfSeries: n must be greater than 0');
    }
    const [first] = seriesList;
    if (first === undefined) return [];
    checkPercent('percentileOfSeries', n);
    const { columns, start, end, step } = alignSeries(seriesList);
    return [
      createSeries({
        name: `percentileOfSeries(${first.pathExpression},${formatG(n)})`,
        start,
        end,
        step,
        values: await aggregateRowsInTurns(
          columns,
          (sorted) => percentileOfSorted(sorted, n, interpolate),
          0,
          () => context.pause(),
        ),
        xFilesFactor: context.xFilesFactor,
      }),
    ];
  },
});
