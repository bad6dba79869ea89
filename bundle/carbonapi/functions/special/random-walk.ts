// randomWalk: test data.
import { defineFunction } from '../define.ts';
import { createSeries } from '../derive.ts';
import { clockTimes } from '../generated.ts';

export const randomWalk = defineFunction({
  name: 'randomWalk',
  aliases: ['randomWalkFunction'],
  group: 'Special',
  params: [
    { name: 'name', type: 'string', required: true },
    { name: 'step', type: 'integer', default: 60 },
  ],
  description: 'A series called `name` that starts at 0 and moves up to 0.5 up or down each step.',
  examples: ['randomWalk("The.walk")'],
  evaluate: ({ name, step }, { window, xFilesFactor }) => {
    const values = clockTimes(window, step);
    let current = 0;
    for (let i = 0; i < values.length; i++) {
      values[i] = current;
      current += Math.random() - 0.5;
    }
    return [
      createSeries({ name, start: window.start, end: window.end, step, values, xFilesFactor }),
    ];
  },
});
