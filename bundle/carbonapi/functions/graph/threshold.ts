// threshold: a horizontal line with a label.
import { constantSeries } from '../constant-series.ts';
import { defineFunction } from '../define.ts';
import { formatFloat } from '../format-number.ts';
import { labelAndColor } from '../params.ts';

export const threshold = defineFunction({
  name: 'threshold',
  group: 'Graph',
  params: [{ name: 'value', type: 'float', required: true }, ...labelAndColor],
  description: 'A horizontal line at `value`, with a label and a colour of its own if given.',
  examples: ['threshold(100, "limit", "red")'],
  evaluate: ({ value, label, color }, context) => {
    const line = constantSeries(value, formatFloat(value), context);
    return [{ ...line, name: label || line.name, ...(color ? { options: { color } } : {}) }];
  },
});
