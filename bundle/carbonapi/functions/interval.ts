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

/** Windows that one call may look at beside its own. */
const shiftsMax = 1000;

/** The whole numbers from `start` up to but without `end`; throws `bad-argument` for too many. */
export function shiftsBetween(start: number, end: number): number[] {
  const count = Math.max(0, end - start);
  if (count > shiftsMax) {
    throw new OperatingError(
      'bad-argument',
      `${count} shifts are asked for; at most ${shiftsMax} are made`,
    );
  }
  return Array.from({ length: count }, (_, i) => start + i);
}
