// nonNegativeDerivative and perSecond: how much a counter grew.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';
import { roundHalfEven } from '../round.ts';

const counterLimits = [
  seriesList,
  { name: 'maxValue', type: 'float' },
  { name: 'minValue', type: 'float' },
] as const;

interface CounterLimits {
  maxValue: number | undefined;
  minValue: number | undefined;
}

/**
 * How much a counter grew from point to point. A fall is a wrap at `maxValue`, or a new start from
 * `minValue`, or unknown; points outside the limits are ignored and the count starts over.
 */
function counterGrowth(values: Float64Array, { maxValue, minValue }: CounterLimits): Float64Array {
  const growth = missing(values.length);
  const highest = maxValue ?? Number.POSITIVE_INFINITY;
  const lowest = minValue ?? Number.NEGATIVE_INFINITY;
  let previous = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const isInside = value <= highest && value >= lowest;
    if (!isInside) {
      previous = Number.NaN;
      continue;
    }
    if (value >= previous) growth[i] = value - previous;
    else if (value < previous && maxValue !== undefined) {
      growth[i] = maxValue + 1 + value - previous - (minValue ?? 0);
    } else if (value < previous && minValue !== undefined) growth[i] = value - minValue;
    previous = value;
  }
  return growth;
}

export const nonNegativeDerivative = defineFunction({
  name: 'nonNegativeDerivative',
  perSeries: true,
  group: 'Transform',
  params: counterLimits,
  description:
    'How much a counter grew since the point before. When it falls the point is missing, unless ' +
    '`maxValue` (it wraps there) or `minValue` (it restarts there) is given.',
  examples: ['nonNegativeDerivative(servers.*.network.octets, 4294967295)'],
  evaluate: ({ seriesList, maxValue, minValue }) =>
    seriesList.map((series) =>
      derive(
        series,
        `nonNegativeDerivative(${series.name})`,
        counterGrowth(series.values, { maxValue, minValue }),
        { nonNegativeDerivative: '1' },
      ),
    ),
});

export const perSecond = defineFunction({
  name: 'perSecond',
  perSeries: true,
  group: 'Transform',
  params: counterLimits,
  description: 'The rate of a counter: nonNegativeDerivative divided by the step, to six decimals.',
  examples: ['perSecond(servers.*.network.octets)'],
  evaluate: ({ seriesList, maxValue, minValue }) =>
    seriesList.map((series) => {
      const values = counterGrowth(series.values, { maxValue, minValue });
      for (let i = 0; i < values.length; i++)
        values[i] = roundHalfEven(values[i]! / series.step, 6);
      return derive(series, `perSecond(${series.name})`, values, { perSecond: '1' });
    }),
});
