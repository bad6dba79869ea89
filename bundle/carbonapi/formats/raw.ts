// One line a series: name,start,end,step|value,value,… with None for nulls.
import type { Series } from '../series.ts';
import type { RenderFormat } from './format.ts';

function valueText(value: number): string {
  if (Number.isNaN(value)) return 'None';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? 'inf' : '-inf';
}

function* encode(list: readonly Series[]): Generator<string> {
  for (const { name, start, end, step, values } of list)
    yield `${name},${start},${end},${step}|${Array.from(values, valueText).join(',')}\n`;
}

export const raw: RenderFormat = {
  names: ['raw'],
  contentType: 'text/plain; charset=utf-8',
  consolidates: false,
  encode,
};
