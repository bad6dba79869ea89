// Starts of calendar units in a time zone.
import { OperatingError } from '../../core/errors.ts';
import { zoneOffsetSeconds } from '../expression/time-zone.ts';

const secondsPerDay = 86_400;

type Unit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

const unitPrefixes: readonly (readonly [string, Unit])[] = [
  ['s', 'second'],
  ['min', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mon', 'month'],
  ['y', 'year'],
];

function unitOf(text: string): Unit {
  const found = unitPrefixes.find(([prefix]) => text.startsWith(prefix));
  if (found !== undefined) return found[1];
  throw new OperatingError(
    'bad-argument',
    `"${text}" is not a unit of time (seconds, minutes, hours, days, weeks, months, years)`,
  );
}

/**
 * The start of the unit that `seconds` lies in, on the clocks of `timeZone` as they are set at that
 * time, as in Graphite. Units may be shortened ("min", "d"); a week starts on Monday, or with a digit
 * behind it on that day ("weeks7": Sunday).
 */
export function startOfUnit(seconds: number, text: string, timeZone: string): number {
  const unit = unitOf(text);
  const offset = zoneOffsetSeconds(timeZone, seconds);
  const local = new Date((seconds + offset) * 1000);
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  const midnight = Date.UTC(year, month, day) / 1000;
  switch (unit) {
    case 'year':
      return Date.UTC(year, 0, 1) / 1000 - offset;
    case 'month':
      return Date.UTC(year, month, 1) / 1000 - offset;
    case 'week': {
      const firstDay = Number(/\d$/.exec(text)?.[0] ?? 1);
      const days = ((local.getUTCDay() || 7) - firstDay + 7) % 7;
      return midnight - days * secondsPerDay - offset;
    }
    case 'day':
      return midnight - offset;
    default: {
      const length = { hour: 3600, minute: 60, second: 1 }[unit];
      return Math.floor((seconds + offset) / length) * length - offset;
    }
  }
}
