// keepLastValue, interpolate, transformNull, isNonNull: what to show where points are missing.

import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { seriesList } from '../params.ts';
import { aggregateRows } from '../rows.ts';
import { writtenArgument } from '../written-argument.ts';

const limitParam = { name: 'limit', type: 'intOrInf', default: Number.POSITIVE_INFINITY } as const;

/** Index after the gap that begins at `from`. */
function endOfGap(values: Float64Array, from: number): number {
  let end = from;
  while (end < values.length && Number.isNaN(values[end])) end++;
  return end;
}

export const keepLastValue = defineFunction({
  name: 'keepLastValue',
  group: 'Transform',
  params: [seriesList, limitParam],
  description:
    'Fills gaps with the last value before them. A gap longer than `limit` points stays as it is.',
  examples: ['keepLastValue(servers.*.load.shortterm, 5)'],
  evaluate: ({ seriesList, limit }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 1; i < values.length; i++) {
        if (!Number.isNaN(values[i]) || Number.isNaN(values[i - 1])) continue;
        const end = endOfGap(values, i);
        if (end - i <= limit) values.fill(values[i - 1]!, i, end);
        i = end;
      }
      return derive(series, `keepLastValue(${series.name})`, values);
    }),
});

export const interpolate = defineFunction({
  name: 'interpolate',
  group: 'Transform',
  params: [seriesList, limitParam],
  description:
    'Fills gaps with a straight line between the values around them. A gap longer than `limit` ' +
    'points, or at either end, stays as it is.',
  examples: ['interpolate(servers.*.load.shortterm, 10)'],
  evaluate: ({ seriesList, limit }) =>
    seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 1; i < values.length; i++) {
        if (!Number.isNaN(values[i]) || Number.isNaN(values[i - 1])) continue;
        const end = endOfGap(values, i);
        const points = end - i;
        if (end < values.length && points <= limit) {
          const before = values[i - 1]!;
          const rise = values[end]! - before;
          for (let k = 1; k <= points; k++) values[i - 1 + k] = before + (k * rise) / (points + 1);
        }
        i = end;
      }
      return derive(series, `interpolate(${series.name})`, values);
    }),
});

export const transformNull = defineFunction({
  name: 'transformNull',
  group: 'Transform',
  params: [
    seriesList,
    { name: 'default', type: 'float', default: 0 },
    { name: 'referenceSeries', type: 'seriesList' },
  ],
  description:
    'Puts `default` where points are missing; with `referenceSeries`, only where one of those ' +
    'series has a value.',
  examples: ['transformNull(app.*.errors.count, 0)'],
  evaluate: ({ seriesList, default: fallback, referenceSeries }, { call }) => {
    const isGiven = writtenArgument(call, 'default', 1) !== undefined;
    // Given by keyword, Graphite takes no notice of it.
    const references =
      call.args.length > 2 && referenceSeries?.length ? referenceSeries : undefined;
    const present =
      references &&
      aggregateRows(
        references.map((series) => series.values),
        'count',
        0,
      );
    return seriesList.map((series) => {
      const length = Math.max(series.values.length, present?.length ?? 0);
      const values = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const value = series.values[i] ?? Number.NaN;
        const isFilled = present === undefined || present[i]! > 0;
        values[i] = !Number.isNaN(value) || !isFilled ? value : fallback;
      }
      const suffix = references === undefined ? '' : ',referenceSeries';
      const name = `transformNull(${series.name},${formatG(fallback)}${suffix})`;
      return derive(series, name, values, {
        transformNull: isGiven ? formatFloat(fallback) : '0',
        ...(references === undefined ? {} : { referenceSeries: '1' }),
      });
    });
  },
});

/** `series` as 1 where a point is there and 0 where it is missing. */
export function presence(series: Series): Series {
  const values = new Float64Array(series.values.length);
  for (let i = 0; i < values.length; i++) values[i] = Number.isNaN(series.values[i]) ? 0 : 1;
  return derive(series, `isNonNull(${series.name})`, values, { isNonNull: '1' });
}

export const isNonNull = defineFunction({
  name: 'isNonNull',
  group: 'Transform',
  params: [seriesList],
  description: '1 where a point is there, 0 where it is missing.',
  examples: ['sumSeries(isNonNull(servers.*.load.shortterm))'],
  evaluate: ({ seriesList }) => seriesList.map(presence),
});
