import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findResponseFormats } from '../../bundle/wire/find-response/index.ts';
import { findResponseMsgpack } from '../../bundle/wire/find-response/msgpack.ts';
import { findResponsePickle } from '../../bundle/wire/find-response/pickle.ts';
import { decodeMsgpack } from '../../bundle/wire/msgpack.ts';
import { decodePickle } from '../../bundle/wire/pickle.ts';
import {
  encodeRenderResponse,
  type RenderedSeries,
  renderResponseFormats,
} from '../../bundle/wire/render-response/index.ts';
import { renderResponseMsgpack } from '../../bundle/wire/render-response/msgpack.ts';
import { renderResponsePickle } from '../../bundle/wire/render-response/pickle.ts';
import { failsCleanly, truncations } from './hostile.ts';
import { original } from './originals.ts';

const codes = [
  'bad-protobuf',
  'bad-json',
  'bad-pickle',
  'bad-msgpack',
  'bad-find-response',
  'bad-render-response',
];

const series = (name: string, values: number[]): RenderedSeries => ({
  name,
  pathExpression: 'a.*',
  consolidationFunc: 'sum',
  startTime: 1700000000,
  stopTime: 1700000000 + 60 * values.length,
  stepTime: 60,
  xFilesFactor: 0.5,
  values: Float64Array.from(values),
  requestStartTime: 1699999999,
  requestStopTime: 1700000180,
});

for (const format of findResponseFormats) {
  const [name] = format.names;
  const globs = [
    {
      name: 'a.*',
      matches: [
        { path: 'a.größe', isLeaf: true },
        { path: 'a."q\\', isLeaf: false },
      ],
    },
  ];
  test(`find as ${name}: round trip`, () => {
    assert.deepEqual(format.decode(format.encode(globs))[0]?.matches, globs[0]?.matches);
    assert.deepEqual(format.decode(format.encode([]))[0]?.matches ?? [], []);
  });
  test(`find as ${name}: bad bytes fail cleanly`, () => {
    for (const cut of truncations(Buffer.from(format.encode(globs))))
      failsCleanly(() => format.decode(cut), ...codes);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => failsCleanly(() => format.decode(bytes), ...codes)),
    );
  });
}

for (const format of renderResponseFormats) {
  const [name] = format.names;
  const list = [
    series('a.b', [1, Number.NaN, 2.5, -1e300, 0]),
    series('a.größe', []),
    series(
      'a."q\\',
      Array.from({ length: 70_000 }, (_, i) => i / 3),
    ),
  ];
  test(`render as ${name}: round trip`, () => {
    const decoded = format.decode(encodeRenderResponse(format, list));
    assert.equal(decoded.length, list.length);
    for (const [i, one] of decoded.entries()) {
      assert.equal(one.name, list[i]?.name);
      assert.deepEqual(one.values, list[i]?.values);
      assert.deepEqual(
        [one.startTime, one.stopTime, one.stepTime],
        [list[i]?.startTime, list[i]?.stopTime, list[i]?.stepTime],
      );
    }
    assert.deepEqual(format.decode(encodeRenderResponse(format, [])), []);
  });
  test(`render as ${name}: infinities survive`, () => {
    const infinite = [series('a', [Infinity, -Infinity])];
    const [decoded] = format.decode(encodeRenderResponse(format, infinite));
    assert.deepEqual(decoded?.values, infinite[0]?.values);
  });
  test(`render as ${name}: bad bytes fail cleanly`, () => {
    for (const cut of truncations(encodeRenderResponse(format, [list[0]!])))
      failsCleanly(() => format.decode(cut), ...codes);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => failsCleanly(() => format.decode(bytes), ...codes)),
    );
  });
}

test("series have the fields of graphite-web's own", () => {
  const names = ['name', 'start', 'end', 'step', 'values', 'pathExpression', 'valuesPerPoint'];
  const expected = [...names, 'consolidationFunc', 'xFilesFactor'];
  for (const [decode, format] of [
    [decodePickle, renderResponsePickle],
    [decodeMsgpack, renderResponseMsgpack],
  ] as const) {
    const bytes = encodeRenderResponse(format, [series('a.b', [1])]);
    const [fields] = decode(bytes) as unknown as ReadonlyMap<string, unknown>[];
    assert.deepEqual([...(fields?.keys() ?? [])], expected);
    assert.equal(fields?.get('valuesPerPoint'), 1);
  }
});

test("graphite-web's own answers are read", () => {
  for (const [format, name] of [
    [renderResponsePickle, 'pickle.render'],
    [renderResponseMsgpack, 'msgpack.render'],
  ] as const) {
    const [decoded] = format.decode(original(name));
    assert.deepEqual(
      { ...decoded, requestStartTime: 1699999999, requestStopTime: 1700000180 },
      series('a.b', [1, Number.NaN, 3]),
    );
  }
  for (const [format, name] of [
    [findResponsePickle, 'pickle.find'],
    [findResponseMsgpack, 'msgpack.find'],
  ] as const)
    assert.deepEqual(format.decode(original(name))[0]?.matches, [
      { path: 'a.b', isLeaf: true },
      { path: 'a.c', isLeaf: false },
    ]);
  assert.deepEqual(findResponsePickle.decode(original('pickle.find.0.9'))[0]?.matches, [
    { path: 'a.b', isLeaf: true },
  ]);
});
