// Carbon's protobuf payload: points, truncation, junk.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PointBatch } from '../../../bundle/carbon/receivers/point-batch.ts';
import { decodeProtobuf } from '../../../bundle/carbon/receivers/protobuf-decoder.ts';
import { fuzz } from '../fuzz.ts';
import { encodePayload } from './payload.ts';

function decode(bytes: Uint8Array): { problem: string | undefined; points: unknown[] } {
  const batch = new PointBatch();
  const problem = decodeProtobuf(bytes, 0, bytes.length, batch);
  const points = Array.from({ length: batch.count }, (_, k) => [
    Buffer.from(bytes.subarray(batch.nameStart[k], batch.nameEnd[k])).toString(),
    batch.times[k],
    batch.values[k],
  ]);
  return { problem, points };
}

const metrics: [string, [number, number][]][] = [
  ['a.b', [[1600000000, 1.5]]],
  [
    'a.c',
    [
      [1600000000, -1],
      [4_000_000_000, 1e300],
    ],
  ],
  ['none', []],
];
const points = metrics.flatMap(([name, list]) => list.map(([time, value]) => [name, time, value]));

test('a payload gives its points', () => {
  assert.deepEqual(decode(encodePayload(metrics)), { problem: undefined, points });
});

test('the name may follow the points, unknown fields are skipped', () => {
  const point = Buffer.from([0x12, 0x04, 0x08, 0x05, 0x18, 0x07]);
  const unknown = Buffer.from([0x2d, 1, 2, 3, 4]);
  const name = Buffer.from([0x0a, 0x01, 0x61]);
  const metric = Buffer.concat([point, unknown, name]);
  const payload = Buffer.concat([Buffer.from([0x0a, metric.length]), metric]);
  assert.deepEqual(decode(payload), { problem: undefined, points: [['a', 5, 0]] });
});

test('a payload cut at any byte gives no wrong point', () => {
  const whole = encodePayload(metrics);
  for (let length = 0; length < whole.length; length++) {
    const cut = decode(whole.subarray(0, length));
    if (cut.problem === undefined) assert.deepEqual(cut.points, points.slice(0, cut.points.length));
  }
});

test('no bytes make the decoder throw', () => {
  fuzz([encodePayload(metrics)], (bytes) => decode(bytes));
});
