// Combining columns: rows beside the same thing done row by row; consolidation; percentiles; spectra.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fourier, inverseFourier } from '../../../bundle/carbonapi/functions/fourier.ts';
import {
  fitPolynomial,
  valueOfPolynomial,
} from '../../../bundle/carbonapi/functions/polynomial.ts';
import { aggregateRows } from '../../../bundle/carbonapi/functions/rows.ts';
import {
  aggregateRange,
  aggregationNames,
  resolveAggregation,
} from '../../../bundle/points/aggregation.ts';
import { percentileOfSorted } from '../../../bundle/points/percentile.ts';

const value = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -100, max: 100 }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);
const columns = fc.array(
  fc.array(value, { maxLength: 12 }).map((values) => Float64Array.from(values)),
  { minLength: 1, maxLength: 6 },
);

for (const name of aggregationNames) {
  test(`rows: ${name}`, () => {
    const aggregation = resolveAggregation(name);
    fc.assert(
      fc.property(columns, fc.constantFrom(0, 0.5, 1), (list, xFilesFactor) => {
        const got = aggregateRows(list, aggregation, xFilesFactor);
        for (let i = 0; i < got.length; i++) {
          const row = Float64Array.from(list, (column) => column[i] ?? Number.NaN);
          const present = row.filter((each) => !Number.isNaN(each)).length;
          const isEnough = present > 0 && present / row.length >= xFilesFactor;
          const want = isEnough ? aggregateRange(row, aggregation) : Number.NaN;
          const isClose = Math.abs(got[i]! - want) <= 1e-9 * Math.max(1, Math.abs(want));
          assert.ok(isClose || Object.is(got[i]! + 0, want + 0), `${got[i]}, expected ${want}`);
        }
      }),
      { numRuns: 60 },
    );
  });
}

test('percentiles', () => {
  const sorted = Float64Array.of(1, 2, 3, 4);
  const f = (n: number, want: number, between = want): void => {
    assert.equal(percentileOfSorted(sorted, n), want, `${n}`);
    assert.ok(Math.abs(percentileOfSorted(sorted, n, true) - between) < 1e-12, `${n} between`);
  };
  f(1, 1);
  f(50, 3, 2.5);
  f(60, 3);
  f(75, 4, 3.75);
  f(100, 4);
  assert.ok(Number.isNaN(percentileOfSorted(new Float64Array(0), 50)));
});

test('spectra: any length there and back, and as the definition has them', () => {
  const signal = fc
    .array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 40 })
    .map((values) => Float64Array.from(values));
  fc.assert(
    fc.property(signal, (real) => {
      const { length } = real;
      const spectrum = fourier({ real, imaginary: new Float64Array(length) });
      const back = inverseFourier(spectrum);
      for (let k = 0; k < length; k++) {
        let re = 0;
        for (let i = 0; i < length; i++) re += real[i]! * Math.cos((2 * Math.PI * i * k) / length);
        assert.ok(Math.abs(spectrum.real[k]! - re) < 1e-8, `coefficient ${k} of ${length}`);
        assert.ok(Math.abs(back.real[k]! - real[k]!) < 1e-9, `point ${k} of ${length}`);
      }
    }),
    { numRuns: 50 },
  );
});

test('polynomials go through the points they were made of', () => {
  const coefficient = fc.integer({ min: -9, max: 9 });
  const coefficients = fc.array(coefficient, { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(coefficients, (list) => {
      const at = (x: number): number => list.reduceRight((sum, each) => sum * x + each, 0);
      const values = Float64Array.from({ length: 20 }, (_, i) =>
        i % 5 === 3 ? Number.NaN : at(i),
      );
      const polynomial = fitPolynomial(values, list.length - 1);
      assert.ok(polynomial);
      for (const x of [0, 3, 19, 25]) {
        const distance = Math.abs(valueOfPolynomial(polynomial, x) - at(x));
        assert.ok(distance <= 1e-6 * Math.max(1, Math.abs(at(x))), `at ${x}`);
      }
    }),
  );
  assert.equal(fitPolynomial(Float64Array.of(1, Number.NaN, 2), 3), undefined);
});
