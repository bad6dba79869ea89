// Time ranges as dashboards write them: now, now-6h, now-1d/d, now/w, epoch milliseconds, ISO dates.

export interface RawRange {
  from: string;
  to: string;
}

export interface TimeRange {
  fromMs: number;
  toMs: number;
  raw: RawRange;
}

export const relativePresets: readonly (RawRange & { text: string })[] = [
  { from: 'now-5m', to: 'now', text: 'Last 5 minutes' },
  { from: 'now-15m', to: 'now', text: 'Last 15 minutes' },
  { from: 'now-30m', to: 'now', text: 'Last 30 minutes' },
  { from: 'now-1h', to: 'now', text: 'Last 1 hour' },
  { from: 'now-3h', to: 'now', text: 'Last 3 hours' },
  { from: 'now-6h', to: 'now', text: 'Last 6 hours' },
  { from: 'now-12h', to: 'now', text: 'Last 12 hours' },
  { from: 'now-24h', to: 'now', text: 'Last 24 hours' },
  { from: 'now-2d', to: 'now', text: 'Last 2 days' },
  { from: 'now-7d', to: 'now', text: 'Last 7 days' },
  { from: 'now-30d', to: 'now', text: 'Last 30 days' },
  { from: 'now-90d', to: 'now', text: 'Last 90 days' },
  { from: 'now-1y', to: 'now', text: 'Last 1 year' },
  { from: 'now/d', to: 'now', text: 'Today so far' },
  { from: 'now-1d/d', to: 'now-1d/d', text: 'Yesterday' },
  { from: 'now/w', to: 'now', text: 'This week so far' },
  { from: 'now/M', to: 'now', text: 'This month so far' },
];

const unitMs: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Milliseconds of `30s`, `5m`, `1h`, `1d`, `1w`, `1M`, `1y`; undefined when it is none of these. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w|M|y)$/.exec(text.trim());
  if (match === null) return undefined;
  const unit = match[2] ?? '';
  const factor = unit === 'M' ? 30 * 86_400_000 : unit === 'y' ? 365 * 86_400_000 : unitMs[unit];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}

function shift(date: Date, amount: number, unit: string): Date {
  const shifted = new Date(date);
  if (unit === 'M') shifted.setMonth(shifted.getMonth() + amount);
  else if (unit === 'y') shifted.setFullYear(shifted.getFullYear() + amount);
  else if (unit === 'd') shifted.setDate(shifted.getDate() + amount);
  else if (unit === 'w') shifted.setDate(shifted.getDate() + 7 * amount);
  else shifted.setTime(shifted.getTime() + amount * (unitMs[unit] ?? 0));
  return shifted;
}

/** The beginning of the unit `date` lies in; a week begins on Monday. */
function floor(date: Date, unit: string): Date {
  const floored = new Date(date);
  if (unit === 's') floored.setMilliseconds(0);
  else if (unit === 'm') floored.setSeconds(0, 0);
  else if (unit === 'h') floored.setMinutes(0, 0, 0);
  else {
    floored.setHours(0, 0, 0, 0);
    if (unit === 'w') floored.setDate(floored.getDate() - ((floored.getDay() + 6) % 7));
    if (unit === 'M' || unit === 'y') floored.setDate(1);
    if (unit === 'y') floored.setMonth(0);
  }
  return floored;
}

/** Milliseconds since 1970 of one end of a range; `isEnd` rounds up. Undefined when unreadable. */
export function parseTime(text: string, nowMs: number, isEnd: boolean): number | undefined {
  const trimmed = text.trim();
  if (/^-?\d+$/.test(trimmed)) return Number(trimmed);
  if (!trimmed.startsWith('now')) {
    const iso = /^\d{4}-\d\d-\d\d$/.test(trimmed) ? `${trimmed}T00:00:00` : trimmed;
    const parsed = Date.parse(iso.replace(' ', 'T'));
    return Number.isNaN(parsed) ? undefined : parsed;
  }
  if (!/^now(?:[+-]\d+(?:ms|[smhdwMy])|\/[smhdwMy])*$/.test(trimmed)) return undefined;
  let date = new Date(nowMs);
  for (const step of trimmed.slice(3).matchAll(/([+-]\d+)(ms|[smhdwMy])|\/([smhdwMy])/g)) {
    const [, amount, unit, rounded] = step;
    if (rounded === undefined) date = shift(date, Number(amount), unit ?? '');
    else if (isEnd) date = new Date(shift(floor(date, rounded), 1, rounded).getTime() - 1);
    else date = floor(date, rounded);
  }
  return date.getTime();
}

/** Both ends in milliseconds; undefined when one is unreadable or they are the wrong way round. */
export function resolveRange(raw: RawRange, nowMs: number): TimeRange | undefined {
  const fromMs = parseTime(raw.from, nowMs, false);
  const toMs = parseTime(raw.to, nowMs, true);
  if (fromMs === undefined || toMs === undefined || fromMs >= toMs) return undefined;
  return { fromMs, toMs, raw };
}

export const isRelative = ({ from, to }: RawRange): boolean =>
  from.startsWith('now') || to.startsWith('now');

const pad = (n: number): string => String(n).padStart(2, '0');

/** `2026-11-21 09:05:00` in local time. */
export function formatTime(ms: number): string {
  const d = new Date(ms);
  return (
    `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ` +
    `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`
  );
}

const unitNames: Record<string, string> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  M: 'month',
  y: 'year',
};

/** What the range is called on the button of the time picker. */
export function describeRange(raw: RawRange): string {
  const preset = relativePresets.find(({ from, to }) => from === raw.from && to === raw.to);
  if (preset !== undefined) return preset.text;
  const last = /^now-(\d+)([smhdwMy])$/.exec(raw.from);
  if (last !== null && raw.to === 'now') {
    const count = Number(last[1]);
    return `Last ${count} ${unitNames[last[2] ?? '']}${count === 1 ? '' : 's'}`;
  }
  const describeEnd = (text: string): string =>
    /^\d+$/.test(text) ? formatTime(Number(text)) : text;
  return `${describeEnd(raw.from)} to ${describeEnd(raw.to)}`;
}

/** The same length of time moved by half of itself (-1 back, 1 forward), or twice as long (0). */
export function moveRange({ fromMs, toMs }: TimeRange, direction: -1 | 0 | 1): RawRange {
  const half = Math.round((toMs - fromMs) / 2);
  const from = direction === 0 ? fromMs - half : fromMs + direction * half;
  const to = direction === 0 ? toMs + half : toMs + direction * half;
  return { from: String(from), to: String(to) };
}

const niceIntervalsMs = [
  1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
  1_200_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
  604_800_000, 2_592_000_000, 31_536_000_000,
];

/** The value of $__interval: the range in `points` parts, rounded up to a usual length. */
export function intervalMs({ fromMs, toMs }: TimeRange, points: number, leastMs = 1000): number {
  const exact = Math.max((toMs - fromMs) / Math.max(points, 1), leastMs);
  return niceIntervalsMs.find((nice) => nice >= exact) ?? exact;
}

/** `10s`, `5m`, `2h`, `1d`: the largest unit that divides `ms`. */
export function formatInterval(ms: number): string {
  for (const unit of ['w', 'd', 'h', 'm', 's']) {
    const size = unitMs[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${Math.round(ms)}ms`;
}
