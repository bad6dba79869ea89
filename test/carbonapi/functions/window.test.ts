// Moving windows beside the same thing done window by window.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { moveWindow } from '../../../bundle/carbonapi/functions/window.ts';
import {
  aggregateRange,
  aggregationNames,
  resolveAggregation,
} from '../../../bundle/points/aggregation.ts';

const value = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((each) => each / 8) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);
const column = fc.array(value, { maxLength: 60 }).map((values) => Float64Array.from(values));

function naive(values: Float64Array, points: number, name: string, xFilesFactor: number): number[] {
  const aggregation = resolveAggregation(name);
  const results: number[] = [];
  for (let i = 0; i + points <= values.length; i++) {
    const present = values.slice(i, i + points).filter((each) => !Number.isNaN(each));
    const isEnough = present.length > 0 && present.length / points >= xFilesFactor;
    results.push(isEnough ? aggregateRange(present, aggregation) : Number.NaN);
  }
  return results;
}

const isClose = (a: number, b: number): boolean =>
  Object.is(a + 0, b + 0) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

for (const name of [...aggregationNames, 'p90']) {
  test(name, () => {
    fc.assert(
      fc.property(
        column,
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0, 0.5, 1),
        (values, points, xFilesFactor) => {
          const got = moveWindow(values, points, resolveAggregation(name), xFilesFactor);
          const want = naive(values, points, name, xFilesFactor);
          assert.equal(got.length, want.length);
          want.forEach((each, i) => {
            assert.ok(isClose(got[i]!, each), `${name} at ${i}: ${got[i]}, expected ${each}`);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
}

test('a huge value leaves no trace in later windows', () => {
  const values = Float64Array.of(1e300, 0.1, 0.2, 0.3, 0.4);
  assert.deepEqual([...moveWindow(values, 2, 'sum', 0)].slice(1), [0.1 + 0.2, 0.5, 0.7]);
});

test('windows with the same points have the same sum', () => {
  for (const points of [2, 3, 7, 10]) {
    const flat = moveWindow(new Float64Array(50).fill(0.1), points, 'sum', 0);
    assert.equal(new Set(flat).size, 1, `${points} points`);
  }
  const average = moveWindow(new Float64Array(50).fill(0.1), 10, 'average', 0);
  assert.ok(average.every((each) => each === 0.1));
});

test('infinity leaves with its point', () => {
  const values = Float64Array.of(1, Number.POSITIVE_INFINITY, 1, 1);
  assert.deepEqual([...moveWindow(values, 2, 'sum', 0)], [Infinity, Infinity, 2]);
});

test('a window of no points is missing everywhere', () => {
  assert.deepEqual([...moveWindow(Float64Array.of(1), 0, 'sum', 0)], [Number.NaN, Number.NaN]);
});
