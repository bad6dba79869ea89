// The time axis: which moments get a label and how it reads.
import { monthNames, weekdayNames } from '../../core/calendar-names.ts';
import { civilTimeIn, epochOf, zoneOffsetSeconds } from '../expression/time-zone.ts';
import type { TimeWindow } from '../series.ts';

export interface TimeLabel {
  /** Unix seconds. */
  time: number;
  text: string;
}

const minute = 60;
const hour = 3600;
const day = 86_400;

/** Distances of labels, with the format that tells neighbours apart. */
const steps: readonly (readonly [seconds: number, format: string])[] = [
  [1, '%H:%M:%S'],
  [5, '%H:%M:%S'],
  [15, '%H:%M:%S'],
  [30, '%H:%M:%S'],
  [minute, '%H:%M'],
  [2 * minute, '%H:%M'],
  [5 * minute, '%H:%M'],
  [10 * minute, '%H:%M'],
  [15 * minute, '%H:%M'],
  [30 * minute, '%H:%M'],
  [hour, '%H:%M'],
  [2 * hour, '%H:%M'],
  [4 * hour, '%a %H:%M'],
  [6 * hour, '%a %H:%M'],
  [12 * hour, '%a %H:%M'],
  [day, '%m/%d'],
  [2 * day, '%m/%d'],
  [7 * day, '%m/%d'],
  [14 * day, '%m/%d'],
  [30 * day, '%m/%d'],
  [60 * day, '%m/%d'],
  [120 * day, '%m/%d/%Y'],
  [365 * day, '%Y'],
];

const two = (value: number): string => String(value).padStart(2, '0');

/** A time in strftime's notation, the letters that make sense on an axis. */
export function formatTime(format: string, time: number, zone: string): string {
  const civil = civilTimeIn(zone, time);
  const weekday =
    weekdayNames[new Date(Date.UTC(civil.year, civil.month - 1, civil.day)).getUTCDay()] ?? '';
  const month = monthNames[civil.month - 1] ?? '';
  const half = civil.hour < 12 ? 'AM' : 'PM';
  const values: Record<string, string> = {
    H: two(civil.hour),
    I: two(civil.hour % 12 || 12),
    M: two(civil.minute),
    S: two(civil.second),
    p: half,
    d: two(civil.day),
    e: String(civil.day),
    m: two(civil.month),
    b: month.slice(0, 3),
    B: month,
    a: weekday.slice(0, 3),
    A: weekday,
    y: two(civil.year % 100),
    Y: String(civil.year),
    T: `${two(civil.hour)}:${two(civil.minute)}:${two(civil.second)}`,
    R: `${two(civil.hour)}:${two(civil.minute)}`,
    '%': '%',
  };
  return format.replace(/%([A-Za-z%])/g, (whole, letter: string) => values[letter] ?? whole);
}

/** Labels for `window`, at most `labelsMax`, at round times of the zone's clocks. */
export function timeLabels(
  window: TimeWindow,
  labelsMax: number,
  options: { timeZone: string; format?: string | undefined },
): TimeLabel[] {
  const { timeZone } = options;
  const span = window.end - window.start;
  const [step, format] = steps.find(([seconds]) => span / seconds <= labelsMax) ?? [
    Math.ceil(span / labelsMax / day) * day,
    '%Y',
  ];
  const labels: TimeLabel[] = [];
  // Steps of days count local midnights, which are not all 24 hours apart.
  const offset = zoneOffsetSeconds(timeZone, window.start);
  let local = Math.ceil((window.start + offset) / step) * step;
  for (; labels.length <= labelsMax; local += step) {
    const date = new Date(local * 1000);
    const time = epochOf(timeZone, {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    });
    if (time > window.end) break;
    labels.push({ time, text: formatTime(options.format ?? format, time, timeZone) });
  }
  return labels;
}
