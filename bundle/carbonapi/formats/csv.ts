// One line a point: name,YYYY-MM-DD HH:MM:SS,value in the request's time zone; nulls are empty.
import { civilTimeIn } from '../expression/time-zone.ts';
import type { Series } from '../series.ts';
import type { FormatOptions, RenderFormat } from './format.ts';

const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
const two = (value: number): string => String(value).padStart(2, '0');

function valueText(value: number): string {
  if (Number.isNaN(value)) return '';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? 'inf' : '-inf';
}

function* encode(list: readonly Series[], { timeZone }: FormatOptions): Generator<string> {
  for (const { name, start, step, values } of list) {
    const label = quoted(name);
    let lines = '';
    for (let i = 0; i < values.length; i++) {
      const time = civilTimeIn(timeZone, start + i * step);
      const date = `${time.year}-${two(time.month)}-${two(time.day)}`;
      const clock = `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`;
      lines += `${label},${date} ${clock},${valueText(values[i] as number)}\r\n`;
    }
    yield lines;
  }
}

export const csv: RenderFormat = {
  names: ['csv'],
  contentType: 'text/csv',
  consolidates: false,
  encode,
};
