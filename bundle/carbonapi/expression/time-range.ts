// Graphite's notations of time: "-1h30min", "now-5min", "10:00_20260131", "noon yesterday",
// epoch seconds. Dates are read in the request's time zone.
import { OperatingError } from '../../core/errors.ts';
import { civilTimeIn, epochOf } from './time-zone.ts';

const secondsPerDay = 86_400;

function badTime(text: string, reason: string): OperatingError {
  return new OperatingError('bad-time', `cannot read the time "${text}": ${reason}`);
}

function secondsOfUnit(unit: string): number | undefined {
  if (unit.startsWith('s')) return 1;
  if (unit.startsWith('min') || unit === 'm') return 60;
  if (unit.startsWith('h')) return 3600;
  if (unit.startsWith('d')) return secondsPerDay;
  if (unit.startsWith('w')) return 7 * secondsPerDay;
  if (unit.startsWith('mon')) return 30 * secondsPerDay;
  if (unit.startsWith('y')) return 365 * secondsPerDay;
  return undefined;
}

/** Seconds in a span like "5min", "-1d12h", "+2w"; a month is 30 days, a year 365. Throws `bad-time`. */
export function parseInterval(text: string): number {
  const written = text.trim().toLowerCase();
  const match = /^([+-]?)((?:\d+\s*[a-z]+\s*)+)$/.exec(written);
  if (match === null) throw badTime(text, 'a time span looks like 30s, 5min, 1h or 7d');
  let seconds = 0;
  for (const [, count, unit] of (match[2] ?? '').matchAll(/(\d+)\s*([a-z]+)/g)) {
    const each = secondsOfUnit(unit ?? '');
    if (each === undefined)
      throw badTime(text, `"${unit}" is not a unit (s, min, h, d, w, mon, y)`);
    seconds += Number(count) * each;
  }
  return match[1] === '-' ? -seconds : seconds;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const namedHours: Record<string, number> = { noon: 12, midnight: 0, teatime: 16 };

interface TimeOfDay {
  hour: number;
  minute: number;
  /** What follows the time of day. */
  rest: string;
}

const hourOf = (hour: string | undefined, half: string | undefined): number =>
  half === 'pm' ? (Number(hour) + 12) % 24 : Number(hour);

function takeTimeOfDay(text: string): TimeOfDay {
  const clock = /^(\d{1,2}):(\d{1,2})(am|pm)?(.*)$/.exec(text);
  if (clock !== null) {
    const [, hour, minute, half, rest] = clock;
    return { hour: hourOf(hour, half), minute: Number(minute), rest: rest ?? '' };
  }
  const half = /^(\d{1,2})(am|pm)(.*)$/.exec(text);
  if (half !== null) {
    return { hour: hourOf(half[1], half[2]), minute: 0, rest: half[3] ?? '' };
  }
  for (const [name, hour] of Object.entries(namedHours)) {
    if (text.startsWith(name)) return { hour, minute: 0, rest: text.slice(name.length) };
  }
  return { hour: 0, minute: 0, rest: text };
}

function parseReference(text: string, whole: string, context: TimeContext): number {
  if (text === '' || text === 'now') return context.now;
  const { hour, minute, rest } = takeTimeOfDay(text);
  if (hour > 23 || minute > 59) throw badTime(whole, 'there is no such time of day');
  const zone = context.timeZone;
  const today = civilTimeIn(zone, context.now);
  const at = (year: number, month: number, day: number): number => {
    const seconds = epochOf(zone, { year, month, day, hour, minute, second: 0 });
    const valid = new Date(Date.UTC(year, month - 1, day));
    if (month < 1 || month > 12 || valid.getUTCDate() !== day)
      throw badTime(whole, 'there is no such day');
    return seconds;
  };
  const daysFromToday = (days: number): number => {
    const date = new Date(Date.UTC(today.year, today.month - 1, today.day + days));
    return at(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  };
  if (rest === '' || rest === 'today') return daysFromToday(0);
  if (rest === 'yesterday') return daysFromToday(-1);
  if (rest === 'tomorrow') return daysFromToday(1);
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})$/.exec(rest);
  if (slashed !== null) {
    let year = Number(slashed[3]);
    if (year < 1900) year += 1900;
    if (year < 1970) year += 100;
    return at(year, Number(slashed[1]), Number(slashed[2]));
  }
  const compact = /^(\d{4})(\d{2})(\d{2})$/.exec(rest);
  if (compact !== null) return at(Number(compact[1]), Number(compact[2]), Number(compact[3]));
  const month = months.indexOf(rest.slice(0, 3));
  const dayOfMonth = /^[a-z]+\d*?(\d{1,2})$/.exec(rest);
  if (month >= 0 && dayOfMonth !== null) return at(today.year, month + 1, Number(dayOfMonth[1]));
  const weekday = weekdays.indexOf(rest.slice(0, 3));
  if (weekday >= 0 && /^[a-z]+$/.test(rest)) {
    const current = new Date(Date.UTC(today.year, today.month - 1, today.day)).getUTCDay();
    return daysFromToday(-((current - weekday + 7) % 7));
  }
  throw badTime(whole, `"${rest}" is not a day`);
}

export interface TimeContext {
  /** Request time, unix seconds. */
  now: number;
  /** IANA name. */
  timeZone: string;
}

/** Unix seconds meant by any of Graphite's time notations. Throws an OperatingError `bad-time`. */
export function parseTime(text: string, context: TimeContext): number {
  const compact = text
    .trim()
    .toLowerCase()
    .replace(/[_,\s]/g, '');
  if (compact === '') throw badTime(text, 'it is empty');
  const isDate = /^(?!0|1[0-8]|1900)\d{4}(0\d|1[0-2])([0-2]\d|3[01])$/.test(compact);
  if (/^\d+(\.\d+)?$/.test(compact) && !isDate) return Math.floor(Number(compact));
  const sign = compact.search(/[+-]/);
  if (sign < 0) return parseReference(compact, text, context);
  const offset = compact.slice(sign);
  if (!/^[+-]\d/.test(offset)) throw badTime(text, `"${offset}" is not a time span`);
  return parseReference(compact.slice(0, sign), text, context) + parseInterval(offset);
}
