import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v3 from '../../bundle/wire/carbonapi-v3.ts';
import { findResponseV2 } from '../../bundle/wire/find-response/v2.ts';
import { encodeRenderResponse } from '../../bundle/wire/render-response/index.ts';
import { renderResponseV2 } from '../../bundle/wire/render-response/v2.ts';
import { failsCleanly, truncations } from './hostile.ts';
import { original } from './originals.ts';

const fetchRequests: v3.FetchRequestV3[] = [
  {
    name: 'a.*',
    startTime: 1700000000,
    stopTime: 1700003600,
    highPrecisionTimestamps: false,
    pathExpression: 'sum(a.*)',
    filterFunctions: [{ name: 'consolidate', arguments: ['60', ''] }],
    maxDataPoints: 400,
  },
  {
    name: 'größe',
    startTime: -60,
    stopTime: 5_000_000_000,
    highPrecisionTimestamps: true,
    pathExpression: '',
    filterFunctions: [],
    maxDataPoints: 0,
  },
];

const emptySeries: Required<v3.FetchResponseV3> = {
  name: 'empty',
  pathExpression: '',
  consolidationFunc: '',
  startTime: 0,
  stopTime: 0,
  stepTime: 0,
  xFilesFactor: 0,
  highPrecisionTimestamps: false,
  values: new Float64Array(0),
  appliedFunctions: [],
  requestStartTime: 0,
  requestStopTime: 0,
};

const fetchResponses: Required<v3.FetchResponseV3>[] = [
  {
    name: 'a.b',
    pathExpression: 'a.*',
    consolidationFunc: 'average',
    startTime: 1700000000,
    stopTime: 1700000240,
    stepTime: 60,
    xFilesFactor: 0.5,
    highPrecisionTimestamps: false,
    values: Float64Array.of(1, Number.NaN, -2.5, 1e300),
    appliedFunctions: ['x', 'y'],
    requestStartTime: 1699999990,
    requestStopTime: 1700000240,
  },
  emptySeries,
  { ...emptySeries, name: 'long', values: Float64Array.from({ length: 300 }, (_, i) => i * 0.25) },
];

// Every message: its name in the fixtures, the value, both directions.
const messages = [
  {
    name: 'v3.MultiFetchRequest',
    value: fetchRequests,
    encode: () => v3.encodeMultiFetchRequest(fetchRequests),
    decode: v3.decodeMultiFetchRequest,
  },
  {
    name: 'v3.MultiFetchResponse',
    value: fetchResponses,
    encode: () => v3.encodeMultiFetchResponse(fetchResponses),
    decode: v3.decodeMultiFetchResponse,
  },
  {
    name: 'v3.MultiGlobRequest',
    value: { metrics: ['a.*', '', 'b'], startTime: 1, stopTime: 2 },
    encode: () =>
      v3.encodeMultiGlobRequest({ metrics: ['a.*', '', 'b'], startTime: 1, stopTime: 2 }),
    decode: v3.decodeMultiGlobRequest,
  },
  {
    name: 'v3.MultiGlobResponse',
    value: [
      {
        name: 'a.*',
        matches: [
          { path: 'a.b', isLeaf: true },
          { path: `a.${'c'.repeat(200)}`, isLeaf: false },
        ],
      },
      { name: 'none', matches: [] },
    ],
    encode: () =>
      v3.encodeMultiGlobResponse([
        {
          name: 'a.*',
          matches: [
            { path: 'a.b', isLeaf: true },
            { path: `a.${'c'.repeat(200)}`, isLeaf: false },
          ],
        },
        { name: 'none', matches: [] },
      ]),
    decode: v3.decodeMultiGlobResponse,
  },
  {
    name: 'v3.MultiMetricsInfoRequest',
    value: ['a', 'b'],
    encode: () => v3.encodeMultiMetricsInfoRequest(['a', 'b']),
    decode: v3.decodeMultiMetricsInfoRequest,
  },
  {
    name: 'v3.MultiMetricsInfoResponse',
    value: [
      {
        name: 'a',
        consolidationFunc: 'sum',
        maxRetention: 86_400,
        xFilesFactor: 0.25,
        retentions: [{ secondsPerPoint: 60, numberOfPoints: 1440 }],
      },
    ],
    encode: () =>
      v3.encodeMultiMetricsInfoResponse([
        {
          name: 'a',
          consolidationFunc: 'sum',
          maxRetention: 86_400,
          xFilesFactor: 0.25,
          retentions: [{ secondsPerPoint: 60, numberOfPoints: 1440 }],
        },
      ]),
    decode: v3.decodeMultiMetricsInfoResponse,
  },
  {
    name: 'v3.ListMetricsResponse',
    value: ['a', 'b.c'],
    encode: () => v3.encodeListMetricsResponse(['a', 'b.c']),
    decode: v3.decodeListMetricsResponse,
  },
  {
    name: 'v3.MetricDetailsResponse',
    value: {
      metrics: [{ name: 'a', size: 1, modTime: 2, aTime: 3, rdTime: 4, realSize: 5 }],
      freeSpace: 1e12,
      totalSpace: 2e12,
    },
    encode: () =>
      v3.encodeMetricDetailsResponse({
        metrics: [{ name: 'a', size: 1, modTime: 2, aTime: 3, rdTime: 4, realSize: 5 }],
        freeSpace: 1e12,
        totalSpace: 2e12,
      }),
    decode: v3.decodeMetricDetailsResponse,
  },
  {
    name: 'v3.CapabilityResponse',
    value: {
      supportedProtocols: ['carbonapi_v3_pb'],
      name: 'host',
      highPrecisionTimestamps: false,
      supportFilteringFunctions: false,
      likeSplittedRequests: true,
      supportStreaming: false,
    },
    encode: () =>
      v3.encodeCapabilityResponse({
        supportedProtocols: ['carbonapi_v3_pb'],
        name: 'host',
        highPrecisionTimestamps: false,
        supportFilteringFunctions: false,
        likeSplittedRequests: true,
        supportStreaming: false,
      }),
    decode: v3.decodeCapabilityResponse,
  },
  {
    name: 'v2.GlobResponse',
    value: [{ name: 'a.*', matches: [{ path: 'a.b', isLeaf: true }] }],
    encode: () =>
      findResponseV2.encode([{ name: 'a.*', matches: [{ path: 'a.b', isLeaf: true }] }]),
    decode: findResponseV2.decode,
  },
];

for (const { name, value, encode, decode } of messages) {
  test(`${name}: bytes are those of protoc's encoder`, () => {
    assert.equal(Buffer.from(encode()).toString('hex'), original(name).toString('hex'));
  });
  test(`${name}: the original's bytes are read`, () => {
    assert.deepEqual(decode(original(name)), value);
  });
  test(`${name}: cut or damaged anywhere it fails cleanly`, () => {
    for (const cut of truncations(original(name))) failsCleanly(() => decode(cut), 'bad-protobuf');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) =>
        failsCleanly(() => decode(bytes), 'bad-protobuf'),
      ),
    );
  });
}

test('values may be unpacked', () => {
  const [series] = v3.decodeMultiFetchResponse(original('v3.MultiFetchResponse.unpacked'));
  assert.deepEqual(series?.values, Float64Array.of(1, 2, 3));
});

test('v2 marks gaps by a flag', () => {
  const series = {
    ...emptySeries,
    name: 'a.b',
    startTime: 1700000000,
    stopTime: 1700000180,
    stepTime: 60,
    values: Float64Array.of(1, Number.NaN, 3.5),
  };
  const bytes = encodeRenderResponse(renderResponseV2, [series]);
  // protoc's encoder writes false flags of a packed field as we do.
  assert.equal(bytes.toString('hex'), original('v2.MultiFetchResponse').toString('hex'));
  assert.deepEqual(renderResponseV2.decode(bytes)[0]?.values, series.values);
});

test('pieces of a response one behind the other are one response', () => {
  const pieces = fetchResponses.map((series) => v3.encodeMultiFetchResponse([series]));
  assert.deepEqual(v3.decodeMultiFetchResponse(Buffer.concat(pieces)), fetchResponses);
});

test('decoded values do not share memory with the message', () => {
  const bytes = v3.encodeMultiFetchResponse(fetchResponses);
  const [series] = v3.decodeMultiFetchResponse(bytes);
  bytes.fill(0);
  assert.deepEqual(series?.values, fetchResponses[0]?.values);
});

test('any fetch response survives the round trip', () => {
  const integer = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
  const series = fc.record(
    {
      name: fc.string({ unit: 'grapheme' }),
      pathExpression: fc.string(),
      consolidationFunc: fc.string(),
      startTime: integer,
      stopTime: integer,
      stepTime: integer,
      xFilesFactor: fc.float({ noNaN: true }).filter((value) => !Object.is(value, -0)),
      highPrecisionTimestamps: fc.boolean(),
      values: fc.float64Array(),
      appliedFunctions: fc.array(fc.string()),
      requestStartTime: integer,
      requestStopTime: integer,
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(series), (list) => {
      assert.deepEqual(v3.decodeMultiFetchResponse(v3.encodeMultiFetchResponse(list)), list);
    }),
  );
});

test('a message with too many requests is refused', () => {
  const bytes = Buffer.alloc(400_000).fill(Buffer.from('0a00', 'hex'));
  assert.throws(() => v3.decodeMultiFetchRequest(bytes), { code: 'too-many-requests' });
  assert.throws(() => v3.decodeMultiGlobRequest(bytes), { code: 'too-many-requests' });
});
