// Numbers as JSON text.

/** A missing point is null; infinities, which JSON lacks, are numbers that read as such. */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'null';
  return value > 0 ? '1e9999' : '-1e9999';
}
