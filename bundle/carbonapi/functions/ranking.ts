// Orders series by one number each; missing numbers rank lowest, equal ones keep their order.

import { type Aggregation, aggregateRange } from '../../points/aggregation.ts';
import type { Series } from '../series.ts';

/** A new list ordered by `rankOf`, ascending or (stable as well) descending. */
export function rankSeries(
  list: readonly Series[],
  rankOf: (series: Series) => number,
  order: 'ascending' | 'descending',
): Series[] {
  const sign = order === 'ascending' ? 1 : -1;
  return list
    .map((series) => ({ series, rank: rankOf(series) }))
    .sort((a, b) => {
      const left = Number.isNaN(a.rank) ? Number.NEGATIVE_INFINITY : a.rank;
      const right = Number.isNaN(b.rank) ? Number.NEGATIVE_INFINITY : b.rank;
      return left === right ? 0 : left < right ? -sign : sign;
    })
    .map(({ series }) => series);
}

/** rankSeries by an aggregation over the whole series. */
export function rankByAggregation(
  list: readonly Series[],
  aggregation: Aggregation,
  order: 'ascending' | 'descending',
): Series[] {
  return rankSeries(list, ({ values }) => aggregateRange(values, aggregation), order);
}

/** The first `count` of `list`; a negative count leaves out that many at the end. */
export function firstOf(list: Series[], count: number): Series[] {
  return list.slice(0, count);
}
