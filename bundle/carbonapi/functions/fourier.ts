// The discrete Fourier transform for any number of points, in n log n time.

export interface ComplexColumn {
  real: Float64Array;
  imaginary: Float64Array;
}

export const complexColumn = (length: number): ComplexColumn => ({
  real: new Float64Array(length),
  imaginary: new Float64Array(length),
});

function swap(column: Float64Array, i: number, k: number): void {
  const held = column[i]!;
  column[i] = column[k]!;
  column[k] = held;
}

/** In place, for lengths that are powers of two. `sign` is -1 forwards, 1 backwards (unscaled). */
function transformPowerOfTwo({ real, imaginary }: ComplexColumn, sign: 1 | -1): void {
  const { length } = real;
  for (let i = 1, k = 0; i < length; i++) {
    let bit = length >> 1;
    for (; k & bit; bit >>= 1) k ^= bit;
    k ^= bit;
    if (i < k) {
      swap(real, i, k);
      swap(imaginary, i, k);
    }
  }
  for (let size = 2; size <= length; size <<= 1) {
    const half = size >> 1;
    const angle = (sign * 2 * Math.PI) / size;
    for (let offset = 0; offset < half; offset++) {
      const cosine = Math.cos(angle * offset);
      const sine = Math.sin(angle * offset);
      for (let low = offset; low < length; low += size) {
        const high = low + half;
        const re = real[high]! * cosine - imaginary[high]! * sine;
        const im = real[high]! * sine + imaginary[high]! * cosine;
        real[high] = real[low]! - re;
        imaginary[high] = imaginary[low]! - im;
        real[low]! += re;
        imaginary[low]! += im;
      }
    }
  }
}

function multiplyInto(target: ComplexColumn, by: ComplexColumn): void {
  for (let i = 0; i < target.real.length; i++) {
    const re = target.real[i]! * by.real[i]! - target.imaginary[i]! * by.imaginary[i]!;
    target.imaginary[i] = target.real[i]! * by.imaginary[i]! + target.imaginary[i]! * by.real[i]!;
    target.real[i] = re;
  }
}

// Bluestein: with i*k = (i*i + k*k - (k-i)*(k-i)) / 2 a transform of any length is a convolution,
// which transforms of a larger power of two can do.
function transformAnyLength(input: ComplexColumn, sign: 1 | -1): ComplexColumn {
  const { length } = input.real;
  let padded = 1;
  while (padded < 2 * length - 1) padded <<= 1;
  const chirp = complexColumn(length);
  for (let i = 0; i < length; i++) {
    // The square modulo the period keeps the angle small and so exact.
    const angle = (sign * Math.PI * ((i * i) % (2 * length))) / length;
    chirp.real[i] = Math.cos(angle);
    chirp.imaginary[i] = Math.sin(angle);
  }
  const signal = complexColumn(padded);
  const kernel = complexColumn(padded);
  for (let i = 0; i < length; i++) {
    const { real, imaginary } = input;
    signal.real[i] = real[i]! * chirp.real[i]! - imaginary[i]! * chirp.imaginary[i]!;
    signal.imaginary[i] = real[i]! * chirp.imaginary[i]! + imaginary[i]! * chirp.real[i]!;
    const mirrored = (padded - i) % padded;
    kernel.real[i] = kernel.real[mirrored] = chirp.real[i]!;
    kernel.imaginary[i] = kernel.imaginary[mirrored] = -chirp.imaginary[i]!;
  }
  transformPowerOfTwo(signal, -1);
  transformPowerOfTwo(kernel, -1);
  multiplyInto(signal, kernel);
  transformPowerOfTwo(signal, 1);
  const output = complexColumn(length);
  for (let i = 0; i < length; i++) {
    const re = signal.real[i]! / padded;
    const im = signal.imaginary[i]! / padded;
    output.real[i] = re * chirp.real[i]! - im * chirp.imaginary[i]!;
    output.imaginary[i] = re * chirp.imaginary[i]! + im * chirp.real[i]!;
  }
  return output;
}

function transform(input: ComplexColumn, sign: 1 | -1): ComplexColumn {
  const { length } = input.real;
  if (length === 0 || (length & (length - 1)) !== 0) return transformAnyLength(input, sign);
  const output = { real: input.real.slice(), imaginary: input.imaginary.slice() };
  transformPowerOfTwo(output, sign);
  return output;
}

/** The spectrum of `input`, as many points. */
export function fourier(input: ComplexColumn): ComplexColumn {
  return transform(input, -1);
}

/** The signal that has the spectrum `input`. */
export function inverseFourier(input: ComplexColumn): ComplexColumn {
  const output = transform(input, 1);
  const { length } = output.real;
  for (let i = 0; i < length; i++) {
    output.real[i]! /= length;
    output.imaginary[i]! /= length;
  }
  return output;
}
