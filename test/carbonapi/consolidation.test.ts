import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { consolidatorFor, valuesAtStep } from '../../bundle/carbonapi/consolidation.ts';
import type { Series } from '../../bundle/carbonapi/series.ts';

const gap = Number.NaN;

function series(values: number[], change: Partial<Series> = {}): Series {
  const start = change.start ?? 0;
  const step = change.step ?? 60;
  return {
    name: 'a',
    pathExpression: 'a',
    start,
    step,
    end: start + values.length * step,
    values: Float64Array.from(values),
    tags: {},
    consolidate: 'average',
    xFilesFactor: 0,
    ...change,
  };
}

const consolidateForDisplay = (list: Series[], maxDataPoints: number): Series[] =>
  list.map(consolidatorFor(list, maxDataPoints));

test('a common step: a coarser one is consolidated, its own is left alone', () => {
  const fine = series([1, 2, 3, gap, 5], { consolidate: 'sum' });
  assert.deepEqual([...valuesAtStep(fine, 180)], [6, 5]);
  assert.equal(valuesAtStep(fine, 60), fine.values);
});

test('buckets are aligned to their length and stay put while the window moves', () => {
  const values = Array.from({ length: 30 }, (_, i) => i);
  const times = (start: number): number[] => {
    const [shown] = consolidateForDisplay([series(values, { start })], 10);
    return Array.from(shown?.values ?? [], (_, i) => (shown?.start ?? 0) + i * (shown?.step ?? 0));
  };
  for (const time of times(60_000)) assert.equal(time % 180, 0);
  const moved = times(60_060).filter((time) => times(60_000).includes(time));
  assert.ok(moved.length > 5);
});

test('short series are left alone; one point is one bucket', () => {
  const short = series([1, 2, 3]);
  assert.equal(consolidateForDisplay([short], 3)[0], short);
  const [one] = consolidateForDisplay([short], 1);
  assert.deepEqual([...(one?.values ?? [])], [2]);
  assert.deepEqual(consolidateForDisplay([], 5), []);
});

const pointOrGap = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
  { weight: 1, arbitrary: fc.constant(gap) },
);
const listOfPoints = fc.array(pointOrGap, { maxLength: 60 });
const isPresent = (value: number): boolean => !Number.isNaN(value);

test('shown series: few enough points, at multiples of the step, all values between those that are there', () => {
  const cases = fc.record({
    lists: fc.array(listOfPoints, { minLength: 1, maxLength: 3 }),
    start: fc.integer({ min: 0, max: 500 }),
    step: fc.constantFrom(1, 10, 60),
    maxDataPoints: fc.integer({ min: 2, max: 30 }),
  });
  fc.assert(
    fc.property(cases, ({ lists, start, step, maxDataPoints }) => {
      const list = lists.map((points) => series(points, { start: start * step, step }));
      for (const [index, shown] of consolidateForDisplay(list, maxDataPoints).entries()) {
        const given = list[index] as Series;
        if (shown === given) continue;
        assert.ok(shown.values.length <= maxDataPoints);
        assert.equal(shown.start % shown.step, 0);
        assert.ok(shown.start > given.start);
        const present = [...given.values].filter(isPresent);
        for (const value of [...shown.values].filter(isPresent)) {
          assert.ok(value >= Math.min(...present) - 1e-9);
          assert.ok(value <= Math.max(...present) + 1e-9);
        }
      }
    }),
  );
});
