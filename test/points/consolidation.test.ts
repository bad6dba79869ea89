import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { consolidateValues, type PointColumn } from '../../bundle/points/consolidation.ts';

const gap = Number.NaN;

const column = (values: number[], consolidate: string, xFilesFactor = 0): PointColumn => ({
  start: 0,
  step: 60,
  end: values.length * 60,
  values: Float64Array.from(values),
  consolidate,
  xFilesFactor,
});

function gives(consolidate: string, values: number[], want: number[], xFilesFactor = 0): void {
  const result = consolidateValues(column(values, consolidate, xFilesFactor), 3);
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

test('a bucket needs its share of values', () => {
  gives('sum', [1, gap, gap, 1, 1, gap, 1], [gap, 2, gap], 0.5);
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
      const given = column(points, name, xFilesFactor);
      assert.deepEqual([...consolidateValues(given, perBucket)], want);
    }),
  );
});
