import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormatOptions } from '../../../bundle/carbonapi/formats/format.ts';
import { formatNamed } from '../../../bundle/carbonapi/formats/index.ts';
import type { Series } from '../../../bundle/carbonapi/series.ts';

const start = 1_763_650_800;

function series(name: string, values: number[], change: Partial<Series> = {}): Series {
  return {
    name,
    pathExpression: name,
    start,
    step: 60,
    end: start + values.length * 60,
    values: Float64Array.from(values),
    tags: { name },
    consolidate: 'average',
    xFilesFactor: 0,
    ...change,
  };
}

const options = {
  timeZone: 'UTC',
  pretty: false,
  noNullPoints: false,
  window: { start, end: start + 600 },
  parameters: new URLSearchParams(),
};

function encoded(format: string, list: Series[], change: Partial<FormatOptions> = {}): string {
  const chunks = formatNamed(format)?.encode(list, { ...options, ...change }) ?? [];
  return Buffer.concat([...chunks].map((chunk) => Buffer.from(chunk))).toString('utf8');
}

const gap = Number.NaN;

test('json', () => {
  assert.equal(encoded('json', []), '[]');
  assert.equal(
    encoded('json', [series('a"ü', [1, gap, 2.5, Infinity, -Infinity])]),
    `[{"target":"a\\"ü","tags":{"name":"a\\"ü"},"datapoints":[[1,${start}],[null,${start + 60}],[2.5,${start + 120}],[1e9999,${start + 180}],[-1e9999,${start + 240}]]}]`,
  );
  const two = JSON.parse(encoded('json', [series('a', []), series('b', [1])], { pretty: true }));
  assert.deepEqual(
    two.map(({ datapoints }: { datapoints: unknown[] }) => datapoints.length),
    [0, 1],
  );
});

test('json ends with the series, and has none when no series has a point', () => {
  const long = series('a', [1, 2, 3, 4], { end: start + 60 });
  assert.match(encoded('json', [long]), /"datapoints":\[\[1,\d+\],\[2,\d+\]\]/);
  assert.equal(encoded('json', [series('a', []), series('b', [])]), '[]');
  assert.equal(JSON.parse(encoded('rickshaw', [long]))[0].datapoints.length, 1);
});

test('json has times before 1970', () => {
  const list = [series('a', [1, 2, 3], { start: -120, end: 60 })];
  assert.deepEqual(JSON.parse(encoded('json', list))[0].datapoints, [
    [1, -120],
    [2, -60],
    [3, 0],
  ]);
});

test('json without nulls leaves out points, and series without any', () => {
  const list = [series('a', [gap, gap]), series('b', [gap, 1, gap, 2])];
  assert.deepEqual(JSON.parse(encoded('json', list, { noNullPoints: true })), [
    {
      target: 'b',
      tags: { name: 'b' },
      datapoints: [
        [1, start + 60],
        [2, start + 180],
      ],
    },
  ]);
});

test('a large json answer comes in bounded chunks that make the same document', () => {
  const list = Array.from({ length: 40 }, (_, i) =>
    series(
      `series.${i}`,
      Array.from({ length: 3000 }, (_, k) => i + k / 7),
    ),
  );
  const chunks = [...(formatNamed('json')?.encode(list, options) ?? [])];
  assert.ok(chunks.length > 5);
  for (const chunk of chunks) assert.ok(chunk.length < 300_000);
  const parsed = JSON.parse(Buffer.concat(chunks as Uint8Array[]).toString('utf8'));
  assert.equal(parsed.length, 40);
  for (const [i, { datapoints }] of parsed.entries())
    for (const [k, point] of datapoints.entries())
      assert.deepEqual(point, [i + k / 7, start + k * 60]);
});

test('json times in finer units are the seconds with zeros behind', () => {
  const list = [series('a', [1, 2])];
  const [answer] = JSON.parse(encoded('json', list, { timeZeros: 3 }));
  assert.deepEqual(answer.datapoints, [
    [1, start * 1000],
    [2, (start + 60) * 1000],
  ]);
  const [first] = JSON.parse(encoded('json', [series('a', [1], { start: 0 })], { timeZeros: 9 }));
  assert.deepEqual(first.datapoints, [[1, 0]]);
});

test('csv spells infinities as Graphite does', () => {
  const lines = encoded('csv', [series('a', [Infinity, -Infinity])], { timeZone: 'UTC' });
  assert.deepEqual(
    lines
      .trim()
      .split('\r\n')
      .map((line) => line.split(',')[2]),
    ['inf', '-inf'],
  );
});

test('csv quotes names and prints civil times of the zone', () => {
  const list = [series('a,"b"', [1.5, gap])];
  assert.equal(
    encoded('csv', list, { timeZone: 'Europe/Paris' }),
    '"a,""b""",2025-11-20 16:00:00,1.5\r\n"a,""b""",2025-11-20 16:01:00,\r\n',
  );
});

test('raw', () => {
  assert.equal(
    encoded('raw', [series('a', [1, gap, -Infinity]), series('b', [])]),
    `a,${start},${start + 180},60|1,None,-inf\nb,${start},${start},60|\n`,
  );
});

test('dygraph puts series of different steps in one table', () => {
  const list = [series('a', [1, 2, 3]), series('b', [9], { step: 120 })];
  assert.deepEqual(JSON.parse(encoded('dygraph', list)), {
    labels: ['Time', 'a', 'b'],
    data: [
      [start * 1000, 1, 9],
      [(start + 60) * 1000, 2, null],
      [(start + 120) * 1000, 3, null],
    ],
  });
});

test('rickshaw', () => {
  assert.deepEqual(JSON.parse(encoded('rickshaw', [series('a', [1, gap])])), [
    {
      target: 'a',
      datapoints: [
        { x: start, y: 1 },
        { x: start + 60, y: null },
      ],
    },
  ]);
});
