// Numbers as legends show them: the formats of Python's %g, repr and unit prefixes, which
// dashboards match series names against.
import { roundHalfEven } from './round.ts';

function exponentText(mantissa: string, exponent: number): string {
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function specialText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  return value === Number.NEGATIVE_INFINITY ? '-inf' : undefined;
}

const stripZeros = (text: string): string =>
  text.includes('.') ? text.replace(/\.?0+$/, '') : text;

/** Six significant digits without trailing zeros (`%g`). */
export function formatG(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const decimals = 5 - Number(value.toExponential(5).split('e')[1]);
  // Texts in JavaScript round ties up; beyond these powers of ten there are none.
  const rounded = Math.abs(decimals) <= 22 ? roundHalfEven(value, decimals) : value;
  const [mantissa = '', exponentDigits = '0'] = rounded.toExponential(5).split('e');
  const exponent = Number(exponentDigits);
  if (exponent < -4 || exponent >= 6) return exponentText(stripZeros(mantissa), exponent);
  return stripZeros(rounded.toFixed(5 - exponent));
}

/** The shortest text that reads back as `value`, always recognisable as a float: `5.0`, `1e+16`. */
export function formatFloat(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
    return exponentText(mantissa, Number(exponent));
  }
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** The shortest text that reads back as `value`, with an exponent from a million on (Go's %g). */
export function formatShortest(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const [mantissa = '', exponentDigits = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentDigits);
  if (exponent < -4 || exponent >= 6) return exponentText(mantissa, exponent);
  return String(value);
}

/** `value` with `digits` decimals (`%.2f`). */
export function formatFixed(value: number, digits: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  if (Math.abs(value) >= 1e21)
    return `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;
  return roundHalfEven(value, digits).toFixed(digits);
}

const unitSystems = {
  si: { base: 1000, prefixes: ['k', 'M', 'G', 'T', 'P'] },
  binary: { base: 1024, prefixes: ['Ki', 'Mi', 'Gi', 'Ti', 'Pi'] },
} as const;

/** Names of the unit systems of cactiStyle and legendValue. */
export const unitSystemNames = ['binary', 'si'] as const;
export type UnitSystem = (typeof unitSystemNames)[number];

export const isUnitSystem = (name: string): name is UnitSystem => Object.hasOwn(unitSystems, name);

/** `value` scaled to the largest prefix that leaves it at 1 or more, and that prefix. */
export function scaleToUnit(value: number, system: UnitSystem): { value: number; prefix: string } {
  const { base, prefixes } = unitSystems[system];
  const settle = (scaled: number): number =>
    scaled - Math.floor(scaled) < 1e-11 && value > 1 ? Math.floor(scaled) : scaled;
  for (let power = prefixes.length; power > 0; power--) {
    const size = base ** power;
    if (Math.abs(value) >= size) {
      return { value: settle(value / size), prefix: prefixes[power - 1] ?? '' };
    }
  }
  return { value: settle(value), prefix: '' };
}
