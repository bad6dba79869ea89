// {"labels":["Time",…],"data":[[ms,value,…],…]} for the Dygraphs library: one row a time, one column
// a series; a series without a point at a time has null there.
import type { Series } from '../series.ts';
import type { RenderFormat } from './format.ts';
import { numberText } from './json-number.ts';

function allTimes(list: readonly Series[]): number[] {
  const times = new Set<number>();
  for (const { start, step, values } of list)
    for (let i = 0; i < values.length; i++) times.add(start + i * step);
  return [...times].sort((a, b) => a - b);
}

export const dygraph: RenderFormat = {
  names: ['dygraph'],
  contentType: 'application/json',
  consolidates: false,
  encode: (list) => {
    if (list.length === 0) return ['{}'];
    const labels = ['Time', ...list.map(({ name }) => name)];
    const rows = allTimes(list).map((time) => {
      const row = list.map(({ start, step, values }) =>
        numberText(values[(time - start) / step] ?? Number.NaN),
      );
      return `[${time * 1000},${row.join(',')}]`;
    });
    return [`{"labels":${JSON.stringify(labels)},"data":[${rows.join(',')}]}`];
  },
};
