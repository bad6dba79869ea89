// Statistics of two columns side by side.

/** Pearson's coefficient of the pairs a[i + from], b[i + from] that are both there; NaN if undefined. */
export function pearsonCorrelation(
  a: Float64Array,
  b: Float64Array,
  from = 0,
  to = a.length,
): number {
  let count = 0;
  let sumA = 0;
  let sumB = 0;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(a[i]! + b[i]!)) continue;
    count++;
    sumA += a[i]!;
    sumB += b[i]!;
  }
  const meanA = sumA / count;
  const meanB = sumB / count;
  let products = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(a[i]! + b[i]!)) continue;
    const distanceA = a[i]! - meanA;
    const distanceB = b[i]! - meanB;
    products += distanceA * distanceB;
    squaresA += distanceA * distanceA;
    squaresB += distanceB * distanceB;
  }
  return products / (Math.sqrt(squaresA) * Math.sqrt(squaresB));
}

/** The largest distance between the distribution functions of two ascending samples. */
function distributionDistance(a: Float64Array, b: Float64Array): number {
  let distance = 0;
  let i = 0;
  let k = 0;
  while (i < a.length && k < b.length) {
    const next = Math.min(a[i]!, b[k]!);
    while (i < a.length && a[i] === next) i++;
    while (k < b.length && b[k] === next) k++;
    distance = Math.max(distance, Math.abs(i / a.length - k / b.length));
  }
  return distance;
}

// Kolmogorov's distribution has two series; each converges in a few terms where it is used.
function kolmogorovTail(z: number): number {
  if (z <= 0) return 1;
  let sum = 0;
  if (z < 1.18) {
    for (let k = 1; k < 8; k += 2) sum += Math.exp((-(k * k) * Math.PI ** 2) / (8 * z * z));
    return 1 - (Math.sqrt(2 * Math.PI) / z) * sum;
  }
  for (let k = 1; k < 5; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * z * z);
  return 2 * sum;
}

/** How likely two ascending samples are to come from one distribution, 0 to 1; NaN if one is empty. */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const size = Math.sqrt((a.length * b.length) / (a.length + b.length));
  return kolmogorovTail(size * distributionDistance(a, b));
}
