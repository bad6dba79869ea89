// Gaps: stretches of missing points between values.

/** How many points a gap may have to be filled. */
export const limitParam = {
  name: 'limit',
  type: 'intOrInf',
  default: Number.POSITIVE_INFINITY,
} as const;

/** Index after the gap that begins at `from`. */
export function endOfGap(values: Float64Array, from: number): number {
  let end = from;
  while (end < values.length && Number.isNaN(values[end])) end++;
  return end;
}
