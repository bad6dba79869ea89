// filterSeries and its shorthands: series kept by comparing an aggregated value with a number.
import { OperatingError } from '../../../core/errors.ts';
import { didYouMean } from '../../../core/nearest-name.ts';
import { aggregateRange, resolveAggregation } from '../../../points/aggregation.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { requiredAggregation, requiredNumber, seriesList } from '../params.ts';

// A series without values counts as below everything and equal to nothing.
const comparisons = {
  '!=': (value: number, threshold: number) => value !== threshold,
  '<': (value: number, threshold: number) => !(value >= threshold),
  '<=': (value: number, threshold: number) => !(value > threshold),
  '=': (value: number, threshold: number) => value === threshold,
  '>': (value: number, threshold: number) => value > threshold,
  '>=': (value: number, threshold: number) => value >= threshold,
} as const;
type Operator = keyof typeof comparisons;
const operators = Object.keys(comparisons) as Operator[];

function keep(list: Series[], func: string, operator: Operator, threshold: number): Series[] {
  const aggregation = resolveAggregation(func);
  const holds = comparisons[operator];
  return list.filter((series) => holds(aggregateRange(series.values, aggregation), threshold));
}

export const filterSeries = defineFunction({
  name: 'filterSeries',
  perSeries: true,
  group: 'Filter Series',
  params: [
    seriesList,
    requiredAggregation,
    { name: 'operator', type: 'string', required: true, options: operators },
    { name: 'threshold', type: 'float', required: true },
  ],
  description:
    'Keeps the series whose aggregation `func` over the window compares with `threshold` as ' +
    '`operator` says.',
  examples: ['filterSeries(servers.*.load.shortterm, "max", ">", 8)'],
  evaluate: ({ seriesList, func, operator, threshold }) => {
    const known = operators.find((each) => each === operator);
    if (known === undefined) {
      throw new OperatingError(
        'bad-argument',
        `filterSeries: "${operator}" is not an operator${didYouMean(operator, operators)}`,
      );
    }
    return keep(seriesList, func, known, threshold);
  },
});

const shorthand = (name: string, func: string, operator: Operator, description: string) =>
  defineFunction({
    name,
    perSeries: true,
    group: 'Filter Series',
    params: [seriesList, requiredNumber],
    description,
    examples: [`${name}(servers.*.load.shortterm, 4)`],
    evaluate: ({ seriesList, n }) => keep(seriesList, func, operator, n),
  });

export const averageAbove = shorthand(
  'averageAbove',
  'average',
  '>',
  'Keeps the series whose average is above `n`.',
);
export const averageBelow = shorthand(
  'averageBelow',
  'average',
  '<=',
  'Keeps the series whose average is `n` or less, and those without values.',
);
export const currentAbove = shorthand(
  'currentAbove',
  'last',
  '>',
  'Keeps the series whose last value is above `n`.',
);
export const currentBelow = shorthand(
  'currentBelow',
  'last',
  '<=',
  'Keeps the series whose last value is `n` or less, and those without values.',
);
export const maximumAbove = shorthand(
  'maximumAbove',
  'max',
  '>',
  'Keeps the series that are above `n` at some point.',
);
export const maximumBelow = shorthand(
  'maximumBelow',
  'max',
  '<=',
  'Keeps the series that are never above `n`.',
);
export const minimumAbove = shorthand(
  'minimumAbove',
  'min',
  '>',
  'Keeps the series that are always above `n`.',
);
export const minimumBelow = shorthand(
  'minimumBelow',
  'min',
  '<=',
  'Keeps the series that are `n` or less at some point, and those without values.',
);
