// Least squares: the polynomial of a degree that fits a column best.

/** A polynomial in t = (index - centre) / scale, which keeps the powers near 1. */
export interface Polynomial {
  coefficients: Float64Array;
  centre: number;
  scale: number;
}

/** Solves `matrix` times x = `right` in place; undefined when there is no single solution. */
function solve(matrix: Float64Array[], right: Float64Array): Float64Array | undefined {
  const size = right.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(matrix[row]![column]!) > Math.abs(matrix[pivot]![column]!)) pivot = row;
    }
    const pivotRow = matrix[pivot]!;
    if (!(Math.abs(pivotRow[column]!) > 1e-12)) return undefined;
    matrix[pivot] = matrix[column]!;
    matrix[column] = pivotRow;
    [right[pivot], right[column]] = [right[column]!, right[pivot]!];
    for (let row = column + 1; row < size; row++) {
      const factor = matrix[row]![column]! / pivotRow[column]!;
      for (let k = column; k < size; k++) matrix[row]![k]! -= factor * pivotRow[k]!;
      right[row]! -= factor * right[column]!;
    }
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) right[row]! -= matrix[row]![k]! * right[k]!;
    right[row]! /= matrix[row]![row]!;
  }
  return right;
}

/** Fits the present values against their indexes; undefined when there are too few of them. */
export function fitPolynomial(values: Float64Array, degree: number): Polynomial | undefined {
  const centre = (values.length - 1) / 2;
  const scale = Math.max(1, centre);
  const size = degree + 1;
  const matrix = Array.from({ length: size }, () => new Float64Array(size));
  const right = new Float64Array(size);
  const powers = new Float64Array(size);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    count++;
    powers[0] = 1;
    for (let k = 1; k < size; k++) powers[k] = (powers[k - 1]! * (i - centre)) / scale;
    for (let row = 0; row < size; row++) {
      right[row]! += powers[row]! * value;
      for (let k = 0; k < size; k++) matrix[row]![k]! += powers[row]! * powers[k]!;
    }
  }
  if (count < size) return undefined;
  const coefficients = solve(matrix, right);
  return coefficients && { coefficients, centre, scale };
}

/** The value of a fitted polynomial at `index`, also outside of the column. */
export function valueOfPolynomial(polynomial: Polynomial, index: number): number {
  const { coefficients, centre, scale } = polynomial;
  const t = (index - centre) / scale;
  let value = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) value = value * t + coefficients[k]!;
  return value;
}
