// Powers as Graphite has them: what has no finite real result is a missing point.

/** `base ** exponent`; NaN for overflow, for 0 to a negative power and for roots of negatives. */
export function safePower(base: number, exponent: number): number {
  if (Number.isNaN(base) || Number.isNaN(exponent)) return Number.NaN;
  const result = base ** exponent;
  const finite = Number.isFinite(base) && Number.isFinite(exponent);
  return finite && !Number.isFinite(result) ? Number.NaN : result;
}
