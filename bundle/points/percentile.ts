// Graphite's percentile: rank n/100 * (count + 1), next value up unless interpolated.

/** The n-th percentile of ascending `sorted` (no NaN); NaN when it is empty. */
export function percentileOfSorted(sorted: Float64Array, n: number, interpolate = false): number {
  const count = sorted.length;
  if (count === 0) return Number.NaN;
  const exactRank = (n / 100) * (count + 1);
  let rank = Math.trunc(exactRank);
  const fraction = exactRank - rank;
  if (!interpolate) rank += Math.ceil(fraction);
  const below = sorted[Math.min(Math.max(rank, 1), count) - 1]!;
  if (!interpolate || rank >= count) return below;
  return below + fraction * (sorted[Math.max(rank, 0)]! - below);
}

/** A percentile and its mirror image, both sides of the middle. */
export function mirrored(n: number): { low: number; high: number } {
  const high = n < 50 ? 100 - n : n;
  return { low: 100 - high, high };
}
