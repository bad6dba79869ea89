// Retentions as people write them: `10s:6h,1m:7d,10m:5y`, or the old `60:1440`.
import { OperatingError } from '../core/errors.ts';

export interface ArchiveSpec {
  secondsPerPoint: number;
  points: number;
}

const unitSeconds = {
  seconds: 1,
  minutes: 60,
  hours: 3600,
  days: 86400,
  weeks: 7 * 86400,
  years: 365 * 86400,
} as const;

function fail(text: string, reason: string): never {
  throw new OperatingError(
    'bad-retention',
    `cannot read the retention ${JSON.stringify(text)}: ${reason}`,
  );
}

function unitOf(text: string, word: string): number {
  for (const [name, seconds] of Object.entries(unitSeconds)) {
    if (name.startsWith(word)) return seconds;
  }
  return fail(text, `unknown unit ${JSON.stringify(word)}, use s, m, h, d, w or y`);
}

/**
 * One archive: `precision:retention`, each a number with a unit (`s m h d w y` or a longer part of
 * the word). Without unit the first is seconds and the second a count of points. Throws
 * `bad-retention`.
 */
export function parseRetention(text: string): ArchiveSpec {
  const parts = /^\s*(\d+)([a-z]*):(\d+)([a-z]*)\s*$/.exec(text);
  if (parts === null) return fail(text, 'it must look like 10s:6h or 60:1440');
  const [, precision = '', precisionUnit = '', length = '', lengthUnit = ''] = parts;
  const secondsPerPoint = Number(precision) * unitOf(text, precisionUnit || 's');
  if (secondsPerPoint === 0) return fail(text, 'the precision must be at least 1 second');
  const points =
    lengthUnit === ''
      ? Number(length)
      : Math.floor((Number(length) * unitOf(text, lengthUnit)) / secondsPerPoint);
  if (points === 0) return fail(text, 'it would hold no point');
  if (secondsPerPoint * points > 0xffffffff) {
    return fail(text, 'it is longer than the file format can tell (136 years)');
  }
  return { secondsPerPoint, points };
}

/** A comma-separated list of archives in the order written. Throws `bad-retention`. */
export function parseRetentions(text: string): ArchiveSpec[] {
  return text.split(',').map(parseRetention);
}

function formatSeconds(seconds: number): string {
  for (const [unit, length] of [
    ['y', unitSeconds.years],
    ['w', unitSeconds.weeks],
    ['d', unitSeconds.days],
    ['h', unitSeconds.hours],
    ['m', unitSeconds.minutes],
  ] as const) {
    // Weeks only where nobody would have said days.
    if (seconds % length === 0 && !(unit === 'w' && seconds < 4 * length)) {
      return `${seconds / length}${unit}`;
    }
  }
  return `${seconds}s`;
}

/** The same text back, in the largest whole units: `10s:6h,1m:7d`. */
export function formatRetentions(archives: readonly ArchiveSpec[]): string {
  return archives
    .map(
      ({ secondsPerPoint, points }) =>
        `${formatSeconds(secondsPerPoint)}:${formatSeconds(secondsPerPoint * points)}`,
    )
    .join(',');
}
