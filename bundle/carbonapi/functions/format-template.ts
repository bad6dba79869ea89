// The % formats of aliasQuery for one number: %d, %5.1f, %e, %g, %s, %x and %%.
import { OperatingError } from '../../core/errors.ts';
import { formatFixed, formatFloat, formatG } from './format-number.ts';

const directive = /%([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g;

function exponential(value: number, digits: number): string {
  return value.toExponential(Math.min(digits, 100)).replace(/e([+-])(\d)$/, 'e$10$2');
}

function convert(kind: string, value: number, digits: number | undefined): string {
  switch (kind) {
    case 'd':
    case 'i':
    case 'u':
      return formatFixed(Math.trunc(value), 0);
    case 'f':
    case 'F':
      return formatFixed(value, Math.min(digits ?? 6, 100));
    case 'e':
    case 'E':
      return exponential(value, digits ?? 6);
    case 'g':
    case 'G':
      return digits === undefined ? formatG(value) : String(Number(value.toPrecision(digits || 1)));
    case 's':
    case 'r':
      return formatFloat(value).slice(0, digits);
    default:
      throw new OperatingError('bad-argument', `"%${kind}" is not a format for a number`);
  }
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

/** `template` with its formats filled by `value`. Throws `bad-argument` for a format it lacks. */
export function formatTemplate(template: string, value: number): string {
  return template.replace(
    directive,
    (_whole, flags: string, width: string, digits: string | undefined, kind: string) => {
      if (kind === '%') return '%';
      const text = convert(kind, value, digits === undefined ? undefined : Number(digits));
      const sign = flags.includes('+') && value >= 0 && kind !== 's' ? '+' : '';
      return pad(sign + text, flags, Math.min(Number(width), 1000));
    },
  );
}
