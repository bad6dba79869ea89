// events: how many events happened each second.
import { defineFunction } from '../define.ts';
import { createSeries } from '../derive.ts';
import { clockTimes } from '../generated.ts';

export const events = defineFunction({
  name: 'events',
  group: 'Special',
  params: [{ name: 'tags', type: 'string', required: true, multiple: true, assumed: '' }],
  description:
    'The number of stored events per second that have all the given tags; `"*"` stands for any.',
  examples: ['drawAsInfinite(events("deployment", "web"))'],
  evaluate: async ({ tags }, context) => {
    const { window, xFilesFactor } = context;
    const values = clockTimes(window, 1).fill(Number.NaN);
    const isAny = tags.length === 1 && tags[0] === '*';
    const found = tags.length === 0 ? [] : await context.events(isAny ? [] : tags, window);
    for (const { when } of found) {
      const index = Math.floor(when) - window.start;
      const count = values[index];
      if (count !== undefined) values[index] = !Number.isNaN(count) ? count + 1 : 1;
    }
    return [
      createSeries({
        name: `events("${tags.join('", "')}")`,
        start: window.start,
        end: window.end,
        step: 1,
        values,
        xFilesFactor,
        consolidate: 'sum',
      }),
    ];
  },
});
