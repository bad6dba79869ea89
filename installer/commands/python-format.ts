// Numbers and times printed as python prints them, so that scripts around the python whisper tools
// read ours.
import { monthNames, weekdayNames } from '../../bundle/core/calendar-names.ts';

/** `%f`: six decimals, never an exponent. */
export function fixedSix(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.000000';
  // toFixed gives up at 1e21; doubles that large are whole.
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** `%.<digits>g`, padded on the left to `width`. */
export function general(value: number, digits: number, width = 0): string {
  const text = generalDigits(value, digits);
  return text.padStart(width);
}

function generalDigits(value: number, digits: number): string {
  if (!Number.isFinite(value)) return fixedSix(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  const trim = (text: string): string =>
    text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? '-' : '+';
    return `${trim(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  // Not toFixed, which gives up at 1e21: the digits are all there, only the point must move.
  const sign = value < 0 ? '-' : '';
  const figures = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return trim(`${sign}0.${'0'.repeat(-exponent - 1)}${figures}`);
  return trim(`${sign}${figures.slice(0, exponent + 1)}.${figures.slice(exponent + 1)}`);
}

/** `repr` of a float: `0.0`, `0.5`, `1e-07`. */
export function floatRepr(value: number): string {
  const text = String(value).replace(/e([+-])(\d)$/, 'e$10$2');
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const two = (value: number): string => String(value).padStart(2, '0');

function zoneOffset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}${two(absolute % 60)}`;
}

const strftimeCodes: Record<string, (date: Date) => string> = {
  Y: (date) => String(date.getFullYear()),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  H: (date) => two(date.getHours()),
  I: (date) => two(date.getHours() % 12 || 12),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  a: (date) => weekdayNames[date.getDay()]!.slice(0, 3),
  A: (date) => weekdayNames[date.getDay()]!,
  b: (date) => monthNames[date.getMonth()]!.slice(0, 3),
  B: (date) => monthNames[date.getMonth()]!,
  j: (date) => {
    const days = Math.round(
      (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) -
        Date.UTC(date.getFullYear(), 0, 1)) /
        86_400_000,
    );
    return String(days + 1).padStart(3, '0');
  },
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  z: zoneOffset,
  c: (date) => strftime('%a %b %e %H:%M:%S %Y', date),
  x: (date) => strftime('%m/%d/%y', date),
  X: (date) => strftime('%H:%M:%S', date),
  T: (date) => strftime('%H:%M:%S', date),
  F: (date) => strftime('%Y-%m-%d', date),
  D: (date) => strftime('%m/%d/%y', date),
  R: (date) => strftime('%H:%M', date),
  '%': () => '%',
};

/** Local time after a strftime format; codes it does not know stay as written. */
export function strftime(format: string, date: Date): string {
  return format.replace(/%(.)/g, (whole, code: string) => strftimeCodes[code]?.(date) ?? whole);
}

/** How a tool prints a time: unix seconds, or readable (`ctime`, or `format`). */
export function timePrinter(options: {
  pretty?: boolean;
  timeFormat?: string;
}): (time: number) => string {
  if (options.pretty !== true) return String;
  const format = options.timeFormat ?? '%c';
  return (time) => strftime(format, new Date(time * 1000));
}
