// Values as people read them, by Grafana's unit ids.
import { own } from './json.ts';

export interface Formatted {
  text: string;
  /** What stands after the number, with its leading space when it has one. */
  suffix: string;
  prefix: string;
}

export type Format = (value: number, decimals?: number) => Formatted;

const plain = (text: string, suffix = '', prefix = ''): Formatted => ({ text, suffix, prefix });

/** Digits after the point when nobody said: four significant ones at most, no useless zeros. */
function autoDecimals(value: number): number {
  const size = Math.abs(value);
  if (size >= 1000 || Number.isInteger(value)) return 0;
  if (size >= 100) return 1;
  if (size >= 1) return 2;
  if (size === 0) return 0;
  return Math.min(3 + Math.floor(-Math.log10(size)), 12);
}

export function toFixed(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '-∞' : 'NaN';
  const digits = decimals === undefined ? autoDecimals(value) : Math.min(Math.max(decimals, 0), 15);
  const text = value.toFixed(digits).replace(/^-(?=[0.]*$)/, ''); // no minus before zero
  return decimals === undefined && text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const siUp = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const siDown = ['', 'm', 'µ', 'n', 'p'];
const binaryUp = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];

interface ScaleOptions {
  base?: 1000 | 1024;
  /** Step of `symbols` the plain value stands on: 1 when it is given in kilo, -1 in milli. */
  offset?: number;
  small?: boolean;
}

function scaled(
  unit: string,
  { base = 1000, offset = 0, small = false }: ScaleOptions = {},
): Format {
  const up = base === 1024 ? binaryUp : siUp;
  return (value, decimals) => {
    let step = 0;
    let size = value * base ** offset;
    if (size === 0) return plain('0', unit === '' ? '' : ` ${unit}`);
    while (Math.abs(size) >= base && step < up.length - 1) {
      size /= base;
      step += 1;
    }
    while (small && Math.abs(size) < 1 && -step < siDown.length - 1) {
      size *= base;
      step -= 1;
    }
    const symbol = step >= 0 ? up[step] : siDown[-step];
    const after = `${symbol}${unit}`;
    return plain(toFixed(size, decimals), after === '' ? '' : ` ${after}`);
  };
}

const shortSteps = ['', ' K', ' Mil', ' Bil', ' Tri', ' Quadr', ' Quint'];

const short =
  (unit = ''): Format =>
  (value, decimals) => {
    let step = 0;
    let size = value;
    while (Math.abs(size) >= 1000 && step < shortSteps.length - 1) {
      size /= 1000;
      step += 1;
    }
    return plain(toFixed(size, decimals), `${shortSteps[step]}${unit === '' ? '' : ` ${unit}`}`);
  };

const fixed =
  (suffix: string, prefix = ''): Format =>
  (value, decimals) =>
    plain(toFixed(value, decimals), suffix, prefix);

const timeSteps: readonly (readonly [string, number])[] = [
  [' ns', 1e-9],
  [' µs', 1e-6],
  [' ms', 1e-3],
  [' s', 1],
  [' min', 60],
  [' hour', 3600],
  [' day', 86_400],
  [' week', 604_800],
  [' year', 31_536_000],
];

/** Time given in units of `seconds`, shown in the largest unit it fills. */
const time =
  (seconds: number): Format =>
  (value, decimals) => {
    const size = Math.abs(value * seconds);
    if (size === 0) return plain('0', timeSteps.find(([, step]) => step === seconds)?.[0] ?? ' s');
    let chosen = timeSteps[0] as readonly [string, number];
    for (const step of timeSteps) {
      // 1 - 1e-9: 0.9999999 s from rounding is a second, not 1000 ms
      if (size >= step[1] * (1 - 1e-9) && !(step[0] === ' week' && size < 2 * step[1]))
        chosen = step;
    }
    const [suffix, length] = chosen;
    const shown = (value * seconds) / length;
    const plural = /hour|day|week|year/.test(suffix) && Math.abs(shown) !== 1 ? 's' : '';
    return plain(toFixed(shown, decimals), `${suffix}${plural}`);
  };

/** `2 days, 3 hours`: the two largest parts. */
const duration =
  (seconds: number): Format =>
  (value) => {
    let rest = Math.abs(value * seconds);
    const parts: string[] = [];
    const names: readonly (readonly [string, number])[] = [
      ['year', 31_536_000],
      ['day', 86_400],
      ['hour', 3600],
      ['minute', 60],
      ['second', 1],
    ];
    for (const [name, length] of names) {
      const count = Math.floor(rest / length);
      if (count > 0 && parts.length < 2) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
      rest -= count * length;
    }
    if (parts.length === 0) return time(seconds)(value);
    return plain(`${value < 0 ? '-' : ''}${parts.join(', ')}`);
  };

const clock: Format = (value) => {
  const total = Math.floor(Math.abs(value));
  const pad = (n: number): string => String(n).padStart(2, '0');
  return plain(
    `${pad(Math.floor(total / 3600))}:${pad(Math.floor(total / 60) % 60)}:${pad(total % 60)}`,
  );
};

const either =
  (yes: string, no: string): Format =>
  (value) =>
    plain(value === 0 ? no : yes);

const date: Format = (value) => plain(new Date(value).toISOString().slice(0, 19).replace('T', ' '));

const formats: Record<string, Format> = {
  none: fixed(''),
  string: fixed(''),
  short: short(),
  sishort: scaled('', { small: true }),
  percent: fixed('%'),
  percentunit: (value, decimals) => plain(toFixed(value * 100, decimals), '%'),
  humidity: fixed('%H'),
  dB: fixed(' dB'),
  hex: (value) => plain(Math.round(value).toString(16).toUpperCase()),
  hex0x: (value) => plain(`0x${Math.round(value).toString(16).toUpperCase()}`),
  sci: (value, decimals) => plain(value.toExponential(decimals ?? 2)),
  locale: (value) => plain(value.toLocaleString('en-US')),
  bytes: scaled('B', { base: 1024 }),
  decbytes: scaled('B'),
  bits: scaled('b', { base: 1024 }),
  decbits: scaled('b'),
  kbytes: scaled('B', { base: 1024, offset: 1 }),
  deckbytes: scaled('B', { offset: 1 }),
  mbytes: scaled('B', { base: 1024, offset: 2 }),
  decmbytes: scaled('B', { offset: 2 }),
  gbytes: scaled('B', { base: 1024, offset: 3 }),
  decgbytes: scaled('B', { offset: 3 }),
  tbytes: scaled('B', { base: 1024, offset: 4 }),
  dectbytes: scaled('B', { offset: 4 }),
  Bps: scaled('B/s'),
  binBps: scaled('B/s', { base: 1024 }),
  KBs: scaled('B/s', { offset: 1 }),
  KiBs: scaled('B/s', { base: 1024, offset: 1 }),
  MBs: scaled('B/s', { offset: 2 }),
  MiBs: scaled('B/s', { base: 1024, offset: 2 }),
  GBs: scaled('B/s', { offset: 3 }),
  bps: scaled('b/s'),
  binbps: scaled('b/s', { base: 1024 }),
  Kbits: scaled('b/s', { offset: 1 }),
  Mbits: scaled('b/s', { offset: 2 }),
  Gbits: scaled('b/s', { offset: 3 }),
  pps: scaled('p/s'),
  hertz: scaled('Hz'),
  rothz: scaled('Hz'),
  rotrpm: fixed(' rpm'),
  watt: scaled('W', { small: true }),
  kwatt: scaled('W', { offset: 1 }),
  watth: scaled('Wh', { small: true }),
  volt: scaled('V', { small: true }),
  amp: scaled('A', { small: true }),
  joule: scaled('J', { small: true }),
  celsius: fixed(' °C'),
  fahrenheit: fixed(' °F'),
  kelvin: fixed(' K'),
  lengthm: scaled('m', { small: true }),
  ns: time(1e-9),
  µs: time(1e-6),
  us: time(1e-6),
  ms: time(1e-3),
  s: time(1),
  m: time(60),
  h: time(3600),
  d: time(86_400),
  dtdurations: duration(1),
  dtdurationms: duration(1e-3),
  dthms: clock,
  clocks: clock,
  clockms: (value) => clock(value / 1000),
  timeticks: (value, decimals) => time(1)(value / 100, decimals),
  dateTimeAsIso: date,
  dateTimeFromNow: (value, decimals) => {
    const ago = (Date.now() - value) / 1000;
    const shown = duration(1)(Math.abs(ago), decimals);
    return plain(`${shown.text}${shown.suffix}`, ago >= 0 ? ' ago' : '', ago < 0 ? 'in ' : '');
  },
  bool: either('True', 'False'),
  bool_yes_no: either('Yes', 'No'),
  bool_on_off: either('On', 'Off'),
  currencyUSD: fixed('', '$'),
  currencyEUR: fixed('', '€'),
  currencyGBP: fixed('', '£'),
};
for (const rate of ['ops', 'reqps', 'rps', 'wps', 'iops', 'cps', 'eps', 'mps'])
  formats[rate] = short(
    rate === 'reqps' ? 'req/s' : rate === 'iops' ? 'io/s' : `${rate.slice(0, -2)}/s`,
  );
formats['ops'] = short('ops/s');
for (const rate of ['opm', 'rpm', 'wpm', 'cpm', 'epm', 'mpm'])
  formats[rate] = short(`${rate.slice(0, -2)}/min`);

/** Unit ids the editor offers, in groups. */
export const unitChoices: readonly { id: string; text: string }[] = [
  { id: 'short', text: 'Number, shortened (short)' },
  { id: 'none', text: 'Number as it is (none)' },
  { id: 'percent', text: 'Percent 0–100 (percent)' },
  { id: 'percentunit', text: 'Percent 0.0–1.0 (percentunit)' },
  { id: 'bytes', text: 'Bytes, 1024 (bytes)' },
  { id: 'decbytes', text: 'Bytes, 1000 (decbytes)' },
  { id: 'Bps', text: 'Bytes per second (Bps)' },
  { id: 'bps', text: 'Bits per second (bps)' },
  { id: 'pps', text: 'Packets per second (pps)' },
  { id: 'ops', text: 'Operations per second (ops)' },
  { id: 'reqps', text: 'Requests per second (reqps)' },
  { id: 'iops', text: 'I/O operations per second (iops)' },
  { id: 'ns', text: 'Nanoseconds (ns)' },
  { id: 'µs', text: 'Microseconds (µs)' },
  { id: 'ms', text: 'Milliseconds (ms)' },
  { id: 's', text: 'Seconds (s)' },
  { id: 'm', text: 'Minutes (m)' },
  { id: 'h', text: 'Hours (h)' },
  { id: 'd', text: 'Days (d)' },
  { id: 'dtdurations', text: 'Duration in seconds (dtdurations)' },
  { id: 'hertz', text: 'Hertz (hertz)' },
  { id: 'celsius', text: 'Degrees Celsius (celsius)' },
  { id: 'watt', text: 'Watt (watt)' },
  { id: 'volt', text: 'Volt (volt)' },
  { id: 'bool_yes_no', text: 'Yes or no (bool_yes_no)' },
];

function formatOf(unit: string): Format {
  const known = own(formats, unit);
  if (known !== undefined) return known;
  const [kind, ...rest] = unit.split(':');
  const text = rest.join(':');
  if (kind === 'suffix') return fixed(` ${text}`);
  if (kind === 'prefix') return fixed('', text);
  if (kind === 'si') return scaled(text, { small: true });
  if (kind === 'currency') return fixed('', text);
  return unit === '' ? short() : fixed(` ${unit}`);
}

/** The value in parts, for large figures whose unit is smaller. */
export function formatParts(value: number | null, unit: string, decimals?: number): Formatted {
  if (value === null || Number.isNaN(value)) return plain('–');
  return formatOf(unit)(value, decimals);
}

export function formatValue(value: number | null, unit: string, decimals?: number): string {
  const { prefix, text, suffix } = formatParts(value, unit, decimals);
  return `${prefix}${text}${suffix}`;
}

const shortened = (text: string): string =>
  text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');

/** Labels of an axis: as many digits as the step between them needs, the same for all of one unit. */
export function formatTicks(values: readonly number[], unit: string, decimals?: number): string[] {
  if (decimals !== undefined) return values.map((value) => formatValue(value, unit, decimals));
  for (let digits = 0; digits <= 6; digits++) {
    const texts = values.map((value) => formatValue(value, unit, digits));
    const exact = values.map((value) => formatValue(value, unit, 8));
    const isFaithful = texts.every((text, index) => {
      const [shown, wanted] = [text, exact[index] ?? ''].map(Number.parseFloat) as [number, number];
      return Math.abs(shown - wanted) <= Math.abs(wanted) * 1e-4 + 1e-9;
    });
    if (!isFaithful || new Set(texts).size < texts.length) continue;
    const suffixes = new Set(
      values.filter((value) => value !== 0).map((value) => formatParts(value, unit).suffix),
    );
    return suffixes.size > 1 ? texts.map(shortened) : texts;
  }
  return values.map((value) => formatValue(value, unit));
}
