// Starts of calendar units in a time zone.
import { OperatingError } from '../../core/errors.ts';
import { civilTimeIn, epochOf } from '../expression/time-zone.ts';

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
 * The start of the unit that `seconds` lies in, on the clocks of `timeZone`. Units may be shortened
 * ("min", "d"); a week starts on Monday, or with a digit behind it on that day ("weeks7": Sunday).
 */
export function startOfUnit(seconds: number, text: string, timeZone: string): number {
  const unit = unitOf(text);
  const civil = civilTimeIn(timeZone, seconds);
  if (unit === 'week') {
    const firstDay = Number(/\d$/.exec(text)?.[0] ?? 1);
    const weekday = new Date(Date.UTC(civil.year, civil.month - 1, civil.day)).getUTCDay() || 7;
    const days = (weekday - firstDay + 7) % 7;
    const day = new Date(
      Date.UTC(civil.year, civil.month - 1, civil.day) - days * secondsPerDay * 1000,
    );
    return epochOf(timeZone, {
      year: day.getUTCFullYear(),
      month: day.getUTCMonth() + 1,
      day: day.getUTCDate(),
      hour: 0,
      minute: 0,
      second: 0,
    });
  }
  const order: Unit[] = ['second', 'minute', 'hour', 'day', 'month', 'year'];
  const kept = order.indexOf(unit);
  return epochOf(timeZone, {
    year: civil.year,
    month: kept > 4 ? 1 : civil.month,
    day: kept > 3 ? 1 : civil.day,
    hour: kept > 2 ? 0 : civil.hour,
    minute: kept > 1 ? 0 : civil.minute,
    second: kept > 0 ? 0 : civil.second,
  });
}
