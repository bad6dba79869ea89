// threshold and verticalLine: lines that are no metric.
import { OperatingError } from '../../../core/errors.ts';
import { parseTime } from '../../expression/time-range.ts';
import { constantSeries } from '../constant-series.ts';
import { defineFunction } from '../define.ts';
import { createSeries } from '../derive.ts';
import { formatFloat } from '../format-number.ts';

const labelAndColor = [
  { name: 'label', type: 'string' },
  { name: 'color', type: 'string' },
] as const;

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

export const verticalLine = defineFunction({
  name: 'verticalLine',
  group: 'Graph',
  params: [{ name: 'ts', type: 'date', required: true }, ...labelAndColor],
  description: 'A vertical line at the time `ts`, which must lie in the window.',
  examples: ['verticalLine("12:00_20260131", "deployment", "blue")'],
  evaluate: ({ ts, label, color }, context) => {
    const time = parseTime(ts, context);
    const { start, end } = context.window;
    if (time < start || time > end) {
      const side = time < start ? 'before the start' : 'after the end';
      throw new OperatingError('bad-argument', `verticalLine: "${ts}" lies ${side} of the window`);
    }
    return [
      createSeries({
        name: label ?? '',
        start: time,
        end: time,
        step: 1,
        values: Float64Array.of(1),
        xFilesFactor: context.xFilesFactor,
        options: { drawAsInfinite: true, ...(color ? { color } : {}) },
      }),
    ];
  },
});
