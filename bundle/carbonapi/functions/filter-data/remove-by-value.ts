// removeAboveValue, removeBelowValue and the percentile forms: points dropped by their value.
import { OperatingError } from '../../../core/errors.ts';
import { sortedPresent } from '../../../points/aggregation.ts';
import { percentileOfSorted } from '../../../points/percentile.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { requiredNumber, seriesList } from '../params.ts';

function keepBetween(series: Series, lowest: number, highest: number): Float64Array {
  const values = missing(series.values.length);
  for (let i = 0; i < values.length; i++) {
    const value = series.values[i]!;
    if (value >= lowest && value <= highest) values[i] = value;
  }
  return values;
}

/** The percentile of a series; NaN, which removes nothing, if there is none, as above 100. */
function percentileOf({ values }: Series, n: number): number {
  if (n === 0) throw new OperatingError('bad-argument', 'n must be greater than 0');
  const sorted = sortedPresent(values);
  const rank = Math.ceil((n / 100) * (sorted.length + 1));
  return rank > sorted.length + 1 ? Number.NaN : percentileOfSorted(sorted, n);
}

// Graphite finds the limit by way of nPercentile, which leaves its mark.
const percentileTags = (n: number): Record<string, string> => ({ nPercentile: formatFloat(n) });

const remover = (
  name: string,
  side: 'above' | 'below',
  limitOf: (series: Series, n: number) => number,
  description: string,
  tagsOf: (n: number) => Record<string, string> = () => ({}),
) =>
  defineFunction({
    name,
    perSeries: true,
    group: 'Filter Data',
    params: [seriesList, requiredNumber],
    description,
    examples: [`${name}(servers.*.load.shortterm, 5)`],
    evaluate: ({ seriesList, n }) =>
      seriesList.map((series) => {
        const limit = limitOf(series, n);
        const values = Number.isNaN(limit)
          ? series.values
          : side === 'above'
            ? keepBetween(series, Number.NEGATIVE_INFINITY, limit)
            : keepBetween(series, limit, Number.POSITIVE_INFINITY);
        return derive(
          series,
          `${name}(${series.name}, ${formatG(n)})`,
          values,
          Number.isNaN(limit) ? {} : tagsOf(n),
        );
      }),
  });

export const removeAboveValue = remover(
  'removeAboveValue',
  'above',
  (_, n) => n,
  'Drops the points above `n`.',
);

export const removeBelowValue = remover(
  'removeBelowValue',
  'below',
  (_, n) => n,
  'Drops the points below `n`.',
);

export const removeAbovePercentile = remover(
  'removeAbovePercentile',
  'above',
  percentileOf,
  'Drops the points above the `n`-th percentile of their series.',
  percentileTags,
);

export const removeBelowPercentile = remover(
  'removeBelowPercentile',
  'below',
  percentileOf,
  'Drops the points below the `n`-th percentile of their series.',
  percentileTags,
);
