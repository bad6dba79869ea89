// Time spans as arguments of functions.
import { OperatingError } from '../../core/errors.ts';
import { parseInterval } from '../expression/time-range.ts';

/** `seconds`, the meaning of `text`, if it is more than nothing; else throws `bad-argument`. */
export function positiveInterval(text: string, seconds = parseInterval(text)): number {
  if (seconds > 0) return seconds;
  throw new OperatingError('bad-argument', `the time span "${text}" must be longer than nothing`);
}

/** A span for functions that look back: "1h" means the same as "-1h". */
export function backwards(text: string): string {
  return /^\d/.test(text) ? `-${text}` : text;
}
