// constantLine: a horizontal line.
import { constantSeries } from '../constant-series.ts';
import { defineFunction } from '../define.ts';
import { formatFloat } from '../format-number.ts';

export const constantLine = defineFunction({
  name: 'constantLine',
  group: 'Special',
  params: [{ name: 'value', type: 'float', required: true }],
  description: 'A horizontal line at `value`: three points over the whole window.',
  examples: ['constantLine(123.456)'],
  evaluate: ({ value }, context) => [constantSeries(value, formatFloat(value), context)],
});
