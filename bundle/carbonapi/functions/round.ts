// Rounding to decimals, half to even on the exact binary value, as Python does.

function roundTextually(value: number, digits: number): number {
  // toFixed is exact except that it rounds ties up; a tie shows as a 5 and zeros in a longer text.
  const exact = Math.abs(value).toFixed(Math.min(digits + 30, 100));
  const point = exact.indexOf('.');
  const kept = exact.slice(0, point + 1 + digits);
  const rest = exact.slice(point + 1 + digits);
  const lastDigit = Number(kept.replace('.', '').at(-1));
  const tie = /^50*$/.test(rest);
  const rounded =
    tie && lastDigit % 2 === 0 ? Number(kept) : Number(Math.abs(value).toFixed(digits));
  return value < 0 ? -rounded : rounded;
}

function roundToPowerOfTen(value: number, power: number): number {
  const unit = 10 ** power;
  const quotient = value / unit;
  const below = Math.floor(quotient);
  const part = quotient - below;
  if (part !== 0.5) return (part < 0.5 ? below : below + 1) * unit;
  return (below % 2 === 0 ? below : below + 1) * unit;
}

const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);

/** `value` rounded to `digits` decimals; negative digits round to tens, hundreds, … */
export function roundHalfEven(value: number, digits = 0): number {
  if (!Number.isFinite(value)) return value;
  if (digits > 0 && Math.abs(value) >= 2 ** 52) return value;
  if (digits <= 0) return roundToPowerOfTen(value, -digits);
  if (digits > 22) return value;
  const scale = powersOfTen[digits]!;
  const scaled = value * scale;
  if (Math.abs(scaled) >= 2 ** 50) return roundTextually(value, digits);
  const below = Math.floor(scaled);
  const part = scaled - below;
  // Away from a tie the scaled value cannot be wrong by enough to matter; texts are 20 times slower.
  const margin = 1e-9 + Math.abs(scaled) * 1e-15;
  if (Math.abs(part - 0.5) < margin) return roundTextually(value, digits);
  return (part < 0.5 ? below : below + 1) / scale;
}
