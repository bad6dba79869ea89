// isNonNull: where points are there.
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

/** `series` as 1 where a point is there and 0 where it is missing. */
export function presence(series: Series): Series {
  const values = new Float64Array(series.values.length);
  for (let i = 0; i < values.length; i++) values[i] = Number.isNaN(series.values[i]) ? 0 : 1;
  return derive(series, `isNonNull(${series.name})`, values, { isNonNull: '1' });
}

export const isNonNull = defineFunction({
  name: 'isNonNull',
  perSeries: true,
  group: 'Transform',
  params: [seriesList],
  description: '1 where a point is there, 0 where it is missing.',
  examples: ['sumSeries(isNonNull(servers.*.load.shortterm))'],
  evaluate: ({ seriesList }) => seriesList.map(presence),
});
