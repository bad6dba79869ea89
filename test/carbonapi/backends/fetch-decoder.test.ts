import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FetchDecoder } from '../../../bundle/carbonapi/backends/fetch-decoder.ts';
import { encodeMultiFetchResponse } from '../../../bundle/wire/carbonapi-v3.ts';

const request = { paths: ['series.*'], window: { start: 0, end: 3_000_000 } };
const sizes = [0, 1, 100, 5000, 40_000, 3, 17];

const message = encodeMultiFetchResponse(
  sizes.map((size, i) => ({
    name: `series.${i}`,
    pathExpression: 'series.*',
    consolidationFunc: 'average',
    startTime: 600,
    stopTime: 600 + size * 60,
    stepTime: 60,
    xFilesFactor: 0.5,
    values: Float64Array.from({ length: size }, (_, k) => i * 1e6 + k),
    requestStartTime: 0,
    requestStopTime: 1,
  })),
);

test('an answer decodes the same however it arrives', () => {
  for (const length of [1, 2, 7, 1000, 1024 * 64, 100_003, message.length]) {
    const decoder = new FetchDecoder(request);
    for (let at = 0; at < message.length; at += length) {
      // The buffer of a read is used again for the next one.
      const part = Buffer.from(message.subarray(at, at + length));
      decoder.push(part);
      part.fill(0xff);
    }
    const series = decoder.finish();
    assert.deepEqual(
      series.map(({ name, values }) => [name, values.length]),
      sizes.map((size, i) => [`series.${i}`, size]),
    );
    for (const [i, { values }] of series.entries())
      assert.ok(values.every((value, k) => value === i * 1e6 + k));
  }
});

test('what arrived is decoded before the end', () => {
  const decoder = new FetchDecoder(request);
  decoder.push(message.subarray(0, 70_000));
  assert.ok(decoder.series.length >= 4);
});

test('an answer that is cut off or something else is refused', () => {
  const cut = new FetchDecoder(request);
  cut.push(message.subarray(0, message.length - 1));
  assert.throws(() => cut.finish(), { code: 'bad-protobuf' });
  const other = new FetchDecoder(request);
  assert.throws(
    () => {
      other.push(Buffer.alloc(50_000, 'x'));
      other.finish();
    },
    { code: 'bad-protobuf' },
  );
  assert.deepEqual(new FetchDecoder(request).finish(), []);
});
