import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consolidateForDisplay, consolidateValues } from '../../bundle/carbonapi/consolidation.ts';
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
  gives('no such', [1, 2, 6], [3]);
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
