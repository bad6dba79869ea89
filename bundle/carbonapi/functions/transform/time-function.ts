// time, sin: series that are made of nothing but the clock.
import type { Series } from '../../series.ts';
import { defineFunction, type EvaluationContext } from '../define.ts';
import { createSeries } from '../derive.ts';
import { clockTimes } from '../generated.ts';

const nameParam = { name: 'name', type: 'string', required: true } as const;
const stepParam = { name: 'step', type: 'integer', default: 60 } as const;

function generated(
  name: string,
  step: number,
  values: Float64Array,
  { window, xFilesFactor }: EvaluationContext,
): Series[] {
  const { start, end } = window;
  return [createSeries({ name, start, end, step, values, xFilesFactor })];
}

export const time = defineFunction({
  name: 'time',
  aliases: ['timeFunction'],
  group: 'Transform',
  params: [nameParam, stepParam],
  description: 'A series called `name` whose values are the times of its points, epoch seconds.',
  examples: ['time("The.time")'],
  evaluate: ({ name, step }, context) =>
    generated(name, step, clockTimes(context.window, step), context),
});

export const sin = defineFunction({
  name: 'sin',
  aliases: ['sinFunction'],
  group: 'Transform',
  params: [
    nameParam,
    { name: 'amplitude', type: 'integer', default: 1, acceptsOther: true },
    stepParam,
  ],
  description: 'A series called `name` with the sine of the time, times `amplitude`.',
  examples: ['sin("wave", 5)'],
  evaluate: ({ name, amplitude, step }, context) => {
    const values = clockTimes(context.window, step);
    for (let i = 0; i < values.length; i++) values[i] = Math.sin(values[i]!) * amplitude;
    return generated(name, step, values, context);
  },
});
