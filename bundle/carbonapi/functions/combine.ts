// One series from several: the work behind sumSeries, averageSeries, groupByNode and their kin.

import { resolveAggregation } from '../../points/aggregation.ts';
import type { Series } from '../series.ts';
import { alignSeries } from './align.ts';
import type { EvaluationContext } from './define.ts';
import { createSeries } from './derive.ts';
import { commonTags, pathExpressionsOf } from './names.ts';
import { aggregateRowsInTurns } from './rows.ts';

/**
 * `list` (one or more) combined into one series named `<function>Series(<paths>)`. `written` is the
 * aggregation as the user wrote it; the old form with "Series" at its end is accepted. Many series
 * are combined in turns with other requests.
 */
export async function combineSeries(
  list: readonly Series[],
  written: string,
  context: EvaluationContext,
  xFilesFactor = context.xFilesFactor,
): Promise<Series> {
  const aggregationName = written.replace(/Series$/, '');
  const aggregation = resolveAggregation(aggregationName);
  const { columns, start, end, step } = alignSeries(list);
  const name = `${aggregationName}Series(${pathExpressionsOf(list)})`;
  return createSeries({
    name,
    start,
    end,
    step,
    values: await aggregateRowsInTurns(columns, aggregation, xFilesFactor, () => context.pause()),
    xFilesFactor,
    tags: { name, ...commonTags(list), aggregatedBy: aggregationName },
  });
}
