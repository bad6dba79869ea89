// The new series that carbon refused because their prefix had used up its budget, as a file that
// outlives the process and that tools can read.
import { readFileSync } from 'node:fs';
import { writeFileAtomicSync } from '../../core/atomic-file.ts';
import { codeOf, messageOf, OperatingError } from '../../core/errors.ts';

export interface RefusedSeries {
  name: string;
  /** Points that came for it, and went. */
  points: number;
  /** Unix seconds of the first and the last refusal. */
  first: number;
  last: number;
}

export interface RefusedList {
  series: RefusedSeries[];
  /** Refusals of names for which the list had no room. */
  unlisted: number;
}

const version = 1;

/** The list in `file`, empty when there is none; `bad-refused-series` when it cannot be read. */
export function readRefused(file: string): RefusedList {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as RefusedList & { version: number };
    if (content.version !== version || !Array.isArray(content.series))
      throw new Error('it was written by another version');
    return { series: content.series, unlisted: content.unlisted };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { series: [], unlisted: 0 };
    throw new OperatingError('bad-refused-series', `cannot read ${file}: ${messageOf(error)}`);
  }
}

/** Replaces the list in `file`. */
export function writeRefused(file: string, list: RefusedList): void {
  writeFileAtomicSync(file, `${JSON.stringify({ version, ...list })}\n`);
}
