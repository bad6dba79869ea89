import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CarbonlinkRequest,
  decodeCarbonlinkAnswer,
  decodeCarbonlinkRequest,
  encodeCacheQueryAnswer,
  encodeCacheQueryBulkAnswer,
  encodeCarbonlinkAnswer,
  encodeCarbonlinkRequest,
} from '../../bundle/wire/carbonlink.ts';
import { FrameReader } from '../../bundle/wire/frame-reader.ts';
import { encodePickle } from '../../bundle/wire/pickle.ts';
import { failsCleanly, truncations } from './hostile.ts';
import { original } from './originals.ts';

test('requests in every pickle protocol', () => {
  for (let protocol = 0; protocol <= 5; protocol++)
    assert.deepEqual(decodeCarbonlinkRequest(original(`pickle.cache-query.${protocol}`)), {
      type: 'cache-query',
      metric: 'a.b',
    });
});

test('requests survive the round trip', () => {
  const requests: CarbonlinkRequest[] = [
    { type: 'cache-query', metric: 'größe.x' },
    { type: 'cache-query-bulk', metrics: ['a', 'b.c'] },
    { type: 'get-metadata', metric: 'a', key: 'aggregationMethod' },
    { type: 'set-metadata', metric: 'a', key: 'aggregationMethod', value: 'sum' },
  ];
  for (const request of requests)
    assert.deepEqual(
      decodeCarbonlinkRequest(encodeCarbonlinkRequest(request).subarray(4)),
      request,
    );
});

test('bad requests', () => {
  const f = (value: Parameters<typeof encodePickle>[0], message: RegExp): void =>
    assert.throws(() => decodeCarbonlinkRequest(encodePickle(value)), {
      code: 'bad-carbonlink',
      message,
    });
  f([], /not a dict/);
  f(new Map([['type', 'drop-all']]), /unknown type "drop-all"/);
  f(new Map([['metric', 'a']]), /unknown type/);
  f(new Map([['type', 'cache-query']]), /"metric" is not a string/);
  f(
    new Map<string, string | number>([
      ['type', 'cache-query'],
      ['metric', 5],
    ]),
    /not a string/,
  );
  f(new Map([['type', 'cache-query-bulk']]), /no metrics/);
  for (const cut of truncations(original('pickle.cache-query.2')))
    failsCleanly(() => decodeCarbonlinkRequest(cut), 'bad-pickle');
});

test('answers', () => {
  const points = { times: Float64Array.of(60, 2 ** 33), values: Float64Array.of(1.5, -2) };
  const f = (frame: Buffer, want: Map<string, unknown>): void => {
    assert.equal(frame.readUInt32BE(0), frame.length - 4);
    assert.deepEqual(decodeCarbonlinkAnswer(frame.subarray(4)), want);
  };
  const list = [
    [60, 1.5],
    [2 ** 33, -2],
  ];
  f(encodeCacheQueryAnswer(points), new Map([['datapoints', list]]));
  f(
    encodeCacheQueryBulkAnswer([{ metric: 'a', points }]),
    new Map([['datapointsByMetric', new Map([['a', list]])]]),
  );
  f(encodeCarbonlinkAnswer({ error: 'no' }), new Map([['error', 'no']]));
});

test('frames in any pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (bodies, sizes) => {
        const stream = Buffer.concat(
          bodies.flatMap((body) => {
            const header = Buffer.alloc(4);
            header.writeUInt32BE(body.length);
            return [header, body];
          }),
        );
        const reader = new FrameReader(50);
        const frames: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!;
          frames.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
        }
        assert.equal(reader.isPartial, false);
        assert.deepEqual(
          frames.map((frame) => [...frame]),
          bodies.map((body) => [...body]),
        );
      },
    ),
  );
});

test('a frame that is too long is refused by its length', () => {
  const reader = new FrameReader(100);
  assert.throws(() => reader.push(Buffer.from('00000065', 'hex')), { code: 'frame-too-long' });
});
