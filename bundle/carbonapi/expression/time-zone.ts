// Civil time in a named zone, by the runtime's own zone data.
import { OperatingError } from '../../core/errors.ts';

export interface CivilTime {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const formattersMax = 100;

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  try {
    const formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formatters.size >= formattersMax) formatters.clear();
    formatters.set(zone, formatter);
    return formatter;
  } catch (error) {
    throw new OperatingError('bad-time-zone', `there is no time zone "${zone}"`, { cause: error });
  }
}

const isUtc = (zone: string): boolean => zone === 'UTC' || zone === 'Etc/UTC' || zone === '';

/** Throws an OperatingError (`bad-time-zone`) if `zone` is not an IANA name. */
export function checkTimeZone(zone: string): void {
  if (!isUtc(zone)) formatterOf(zone);
}

function civilUtc(seconds: number): CivilTime {
  const date = new Date(seconds * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** Clocks are changed at quarters of an hour everywhere. */
const quarterSeconds = 900;
/** The offset asked for last: times come in order, and the runtime takes microseconds for each. */
let lastOffset = { zone: '', quarter: Number.NaN, seconds: 0 };

function computeOffset(zone: string, seconds: number): number {
  const civil: CivilTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of formatterOf(zone).formatToParts(seconds * 1000)) {
    if (type in civil) civil[type as keyof CivilTime] = Number(value);
  }
  return asUtc(civil) - seconds;
}

/** Seconds that clocks in `zone` are ahead of UTC at `seconds` after the epoch. */
export function zoneOffsetSeconds(zone: string, seconds: number): number {
  if (isUtc(zone)) return 0;
  const quarter = Math.floor(seconds / quarterSeconds);
  if (lastOffset.quarter !== quarter || lastOffset.zone !== zone)
    lastOffset = { zone, quarter, seconds: computeOffset(zone, quarter * quarterSeconds) };
  return lastOffset.seconds;
}

/** What clocks in `zone` show at `seconds` after the epoch. */
export function civilTimeIn(zone: string, seconds: number): CivilTime {
  return civilUtc(seconds + zoneOffsetSeconds(zone, seconds));
}

function asUtc(time: CivilTime): number {
  const { year, month, day, hour, minute, second } = time;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

const secondsPerDay = 86_400;

/**
 * Seconds after the epoch at which clocks in `zone` show `time`. When they show it twice, or skip it,
 * as clocks are changed, it is read in standard time, as Graphite does.
 */
export function epochOf(zone: string, time: CivilTime): number {
  const local = asUtc(time);
  if (isUtc(zone)) return local;
  const before = zoneOffsetSeconds(zone, local - secondsPerDay);
  const after = zoneOffsetSeconds(zone, local + secondsPerDay);
  const isShown = (offset: number): boolean => zoneOffsetSeconds(zone, local - offset) === offset;
  const shown = [before, after].filter(isShown);
  return local - Math.min(...(shown.length > 0 ? shown : [before, after]));
}
