// identity: a series that counts from the start of the window.
import { defineFunction } from '../define.ts';
import { createSeries } from '../derive.ts';
import { clockTimes } from '../generated.ts';

export const identity = defineFunction({
  name: 'identity',
  group: 'Calculate',
  params: [{ name: 'name', type: 'string', required: true }],
  description: 'A series called `name` whose values are the times of its points, one per minute.',
  examples: ['identity("The.time")'],
  evaluate: ({ name }, { window, xFilesFactor }) => {
    const { start, end } = window;
    const values = clockTimes(window, 60);
    const pathExpression = `identity("${name}")`;
    return [createSeries({ name, pathExpression, start, end, step: 60, values, xFilesFactor })];
  },
});
