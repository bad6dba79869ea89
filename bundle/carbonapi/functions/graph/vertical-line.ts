// verticalLine: a mark at a moment.
import { OperatingError } from '../../../core/errors.ts';
import { parseTime } from '../../expression/time-range.ts';
import { defineFunction } from '../define.ts';
import { createSeries } from '../derive.ts';
import { labelAndColor } from '../params.ts';

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
        values: Float64Array.of(1, 1),
        xFilesFactor: context.xFilesFactor,
        options: { drawAsInfinite: true, ...(color ? { color } : {}) },
      }),
    ];
  },
});
