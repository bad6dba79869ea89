// Numbers as C's printf writes them, because write_graphite's lines are made with it.

function trimZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

/** `%.15g`: at most 15 significant digits, no trailing zeros. */
export function formatGauge(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const [mantissa = '', exponentText = ''] = value.toExponential(14).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 15) return trimZeros(value.toFixed(14 - exponent));
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`;
}

/** `%f`: six decimals. */
export function formatRate(value: number): string {
  // toFixed turns to exponents at 1e21; no fraction is left that far up.
  if (Math.abs(value) >= 1e21 && Number.isFinite(value)) return `${BigInt(value)}.000000`;
  return Number.isFinite(value) ? value.toFixed(6) : formatGauge(value);
}

/** A counter sent raw: an integer. */
export function formatCounter(value: number | bigint): string {
  if (typeof value === 'bigint') return String(value);
  return Number.isFinite(value) ? String(BigInt(Math.trunc(value))) : 'nan';
}
