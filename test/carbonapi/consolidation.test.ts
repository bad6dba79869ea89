import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  consolidateValues,
  consolidatorFor,
  valuesAtStep,
} from '../../bundle/carbonapi/consolidation.ts';
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

function gives(consolidate: string, values: number[], want: number[], xFilesFactor = 0): void {
  const result = consolidateValues(series(values, { consolidate, xFilesFactor }), 3);
  assert.deepEqual([...result], want, consolidate);
}

test('each way of putting points together', () => {
  const values = [4, gap, 2, gap, gap, gap, 9];
  gives('average', values, [3, gap, 9]);
  gives('sum', values, [6, gap, 9]);
  gives('max', values, [4, gap, 9]);
  gives('min', values, [2, gap, 9]);
  gives('first', values, [4, gap, 9]);
  gives('last', values, [2, gap, 9]);
  gives('count', values, [2, gap, 1]);
  gives('avg_zero', values, [2, gap, 9]);
  gives('median', [5, 1, 9, 4, 2, gap], [5, 3]);
  gives('range', [5, 1, 9], [8]);
  gives('absmax', [-5, 1, 4], [-5]);
  gives('absmin', [-5, 1, 4], [1]);
  gives('p50', [5, 1, 9], [5]);
  gives('multiply', [5, 2, 9], [90]);
  gives('diff', [9, gap, 2, 4], [7, 4]);
  gives('stddev', [2, 4, 4], [Math.sqrt(8 / 9)]);
  gives('total', values, [6, gap, 9]);
  gives('sumSeries', values, [6, gap, 9]);
  gives('no such', [1, 2, 6], [3]);
});

test('a common step: a coarser one is consolidated, its own is left alone', () => {
  const fine = series([1, 2, 3, gap, 5], { consolidate: 'sum' });
  assert.deepEqual([...valuesAtStep(fine, 180)], [6, 5]);
  assert.equal(valuesAtStep(fine, 60), fine.values);
});

test('a bucket needs its share of values', () => {
  gives('sum', [1, gap, gap, 1, 1, gap, 1], [gap, 2, gap], 0.5);
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

/** What each name does to the values that are there. */
const definitions: Record<string, (present: number[]) => number> = {
  average: (present) => present.reduce((a, b) => a + b, 0) / present.length,
  sum: (present) => present.reduce((a, b) => a + b, 0),
  min: (present) => Math.min(...present),
  max: (present) => Math.max(...present),
  first: (present) => present[0] ?? gap,
  last: (present) => present.at(-1) ?? gap,
  count: (present) => present.length,
  absmax: (present) => present.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
  absmin: (present) => present.reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a)),
  range: (present) => Math.max(...present) - Math.min(...present),
};

test('buckets are what their definitions say', () => {
  const cases = fc.record({
    points: listOfPoints,
    perBucket: fc.integer({ min: 1, max: 12 }),
    name: fc.constantFrom(...Object.keys(definitions)),
    xFilesFactor: fc.constantFrom(0, 0.3, 0.5, 1),
  });
  fc.assert(
    fc.property(cases, ({ points, perBucket, name, xFilesFactor }) => {
      const want: number[] = [];
      for (let from = 0; from < points.length; from += perBucket) {
        const present = points.slice(from, from + perBucket).filter(isPresent);
        const isFull = present.length > 0 && present.length / perBucket >= xFilesFactor;
        want.push(isFull ? (definitions[name]?.(present) ?? gap) : gap);
      }
      const shown = series(points, { consolidate: name, xFilesFactor });
      assert.deepEqual([...consolidateValues(shown, perBucket)], want);
    }),
  );
});

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
