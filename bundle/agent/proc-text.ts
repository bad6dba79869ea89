// Small readers for the text of /proc: lines of words, `key: value` tables, single numbers.
import { OperatingError } from '../core/errors.ts';
import type { Host } from './host.ts';

/** The text of a file a collector cannot do without; throws an OperatingError `cannot-read`. */
export function requireText(host: Host, path: string): string {
  const text = host.readText(path);
  if (text === undefined)
    throw new OperatingError('cannot-read', `cannot read ${path}: it is not there or not readable`);
  return text;
}

/** Calls `take` for each line that is not empty, with its words. */
export function eachLine(text: string, take: (words: string[], line: string) => void): void {
  let from = 0;
  while (from < text.length) {
    let end = text.indexOf('\n', from);
    if (end === -1) end = text.length;
    const line = text.slice(from, end);
    const words = line.trim().split(/\s+/);
    if (words[0] !== '') take(words, line);
    from = end + 1;
  }
}

/** The number after `key` at the beginning of a line, or undefined. */
export function numberAfter(text: string, key: string): number | undefined {
  let at = text.startsWith(key) ? 0 : text.indexOf(`\n${key}`) + 1;
  if (at === 0 && !text.startsWith(key)) return undefined;
  at += key.length;
  const end = text.indexOf('\n', at);
  const value = Number.parseInt(text.slice(at, end === -1 ? undefined : end).trim(), 10);
  return Number.isNaN(value) ? undefined : value;
}

/** A file that holds one number; undefined where there is none. */
export function readNumber(host: Host, path: string): number | undefined {
  const text = host.readText(path)?.trim();
  if (text === undefined || text === '') return undefined;
  const value = Number(text.split(/\s/, 1)[0]);
  return Number.isNaN(value) ? undefined : value;
}
