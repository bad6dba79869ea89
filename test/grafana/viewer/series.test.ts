import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  alignSeries,
  calculate,
  hasPoints,
  parseRenderAnswer,
  stackColumns,
} from '../../../bundle/grafana/viewer/model/series.ts';

const series = (name: string, points: [number, number | null][]) => ({
  name,
  times: points.map(([time]) => time),
  values: points.map(([, value]) => value),
});

test('reading answers', () => {
  const [one] = parseRenderAnswer([
    { target: 'a', datapoints: [[1, 10], [null, 20], ['x', 30], [2]] },
  ]);
  assert.deepEqual(one, { name: 'a', times: [10, 20, 30], values: [1, null, null] });
  assert.equal(parseRenderAnswer({ series: [{ target: 'b', datapoints: [] }] }).length, 1);
  for (const junk of [null, 5, 'x', {}, [1, 'x', null]])
    assert.deepEqual(parseRenderAnswer(junk), []);
  assert.equal(hasPoints(series('a', [[1, null]])), false);
});

describe('one time axis', () => {
  test('the same times are used as they are', () => {
    const [a, b] = [
      series('a', [
        [1, 5],
        [2, 6],
      ]),
      series('b', [
        [1, 7],
        [2, null],
      ]),
    ];
    const { times, columns } = alignSeries([a, b]);
    assert.equal(times, a.times);
    assert.deepEqual(columns, [
      [5, 6],
      [7, null],
    ]);
  });
  test('unlike steps leave holes that are no gaps', () => {
    const { times, columns } = alignSeries([
      series('a', [
        [0, 1],
        [10, 2],
        [20, 3],
      ]),
      series('b', [
        [0, 4],
        [20, null],
      ]),
    ]);
    assert.deepEqual(times, [0, 10, 20]);
    assert.deepEqual(columns[1], [4, undefined, null]);
  });
  test('nothing', () => assert.deepEqual(alignSeries([]), { times: [], columns: [] }));
});

describe('stacks', () => {
  test('add up within their group; a gap adds nothing', () => {
    const columns = [
      [1, 2, 3],
      [10, null, 30],
      [100, 100, 100],
      [5, 5, 5],
    ];
    const stacked = stackColumns(columns, ['A', 'A', 'A', undefined], 'normal');
    assert.deepEqual(stacked, [
      [1, 2, 3],
      [11, null, 33],
      [111, 102, 133],
      [5, 5, 5],
    ]);
  });
  test('negative values go down by themselves', () => {
    assert.deepEqual(stackColumns([[1], [-2], [3], [-4]], ['A', 'A', 'A', 'A'], 'normal'), [
      [1],
      [-2],
      [4],
      [-6],
    ]);
  });
  test('a coarser series carries on between its points', () => {
    assert.deepEqual(
      stackColumns(
        [
          [10, undefined],
          [1, 1],
        ],
        ['A', 'A'],
        'normal',
      ),
      [
        [10, 10],
        [11, 11],
      ],
    );
  });
  test('percent', () => {
    assert.deepEqual(
      stackColumns(
        [
          [1, 0],
          [3, 0],
        ],
        ['A', 'A'],
        'percent',
      ),
      [
        [25, 0],
        [100, 0],
      ],
    );
  });
});

test('one figure of many', () => {
  const values = [null, 4, 1, undefined, 7, null];
  const f = (name: string, want: number | null): void =>
    assert.equal(calculate(values, name), want, name);
  f('lastNotNull', 7);
  f('last', null);
  f('firstNotNull', 4);
  f('first', null);
  f('min', 1);
  f('max', 7);
  f('mean', 4);
  f('sum', 12);
  f('count', 3);
  f('range', 6);
  f('diff', 3);
  f('unheard-of', 7);
  assert.equal(calculate([null], 'mean'), null);
  assert.equal(calculate([], 'count'), 0);
});
