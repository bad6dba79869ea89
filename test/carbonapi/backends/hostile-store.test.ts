// Stores that answer wrongly, alone and beside one that is well.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Backend, FetchedSeries } from '../../../bundle/carbonapi/backends/backend.ts';
import { exchangeProtocols } from '../../../bundle/carbonapi/backends/exchange.ts';
import { FetchDecoder } from '../../../bundle/carbonapi/backends/fetch-decoder.ts';
import { createBackend, type storeProtocols } from '../../../bundle/carbonapi/backends/index.ts';
import { mergeSeries } from '../../../bundle/carbonapi/backends/merged.ts';
import { OperatingError } from '../../../bundle/core/errors.ts';
import { encodeMultiFetchResponse } from '../../../bundle/wire/carbonapi-v3.ts';
import { ProtobufReader, ProtobufWriter } from '../../../bundle/wire/protobuf.ts';
import { MemoryBackend } from '../memory-backend.ts';
import { startApiOver } from '../test-api.ts';
import { startBareServer } from './fake-store.ts';

const now = 1_763_650_800;
const options = { timeoutMs: 2000, retries: 0, connections: 4, answerBytes: 10_000_000 };
const request = { paths: ['a.b'], window: { start: now - 300, end: now } };

const rendered = (
  more: {
    startTime?: number;
    stepTime?: number;
    applied?: string;
    consolidationFunc?: string;
  } = {},
) => ({
  name: 'a.b',
  pathExpression: 'a.b',
  consolidationFunc: more.consolidationFunc ?? 'average',
  startTime: more.startTime ?? now - 240,
  stopTime: now + 60,
  stepTime: more.stepTime ?? 60,
  xFilesFactor: 0,
  values: Float64Array.of(1, 2, 3, 4, 5),
  requestStartTime: 0,
  requestStopTime: 0,
  ...(more.applied === undefined ? {} : { appliedFunctions: [more.applied] }),
});

const http = (body: Uint8Array | string, head = '', status = '200 OK'): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${head}Content-Length: ${body.length}\r\n\r\n`),
    Buffer.from(body),
  ]);
const healthy = http(encodeMultiFetchResponse([rendered()]));

/** Stores that answer whatever is asked with `answers`. */
async function storesOf(
  context: TestContext,
  answers: readonly Uint8Array[],
  protocol: (typeof storeProtocols)[number] = 'carbonapi_v3_pb',
): Promise<Backend> {
  const servers = await Promise.all(
    answers.map((answer) =>
      startBareServer((socket) => {
        socket.on('data', () => socket.write(answer));
      }),
    ),
  );
  const backend = createBackend(
    servers.map(({ url }) => ({ url, protocol })),
    options,
  );
  context.after(async () => {
    await backend.stop();
    await Promise.all(servers.map((server) => server.stop()));
  });
  return backend;
}

test('what cannot be read is the fault of the store, which is named', async (context) => {
  const texts = [
    '<html>log in</html>',
    '\x0a\x05abc',
    '{',
    '\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff',
  ];
  for (const protocol of ['carbonapi_v3_pb', ...exchangeProtocols] as const)
    for (const text of texts) {
      const backend = await storesOf(context, [http(Buffer.from(text, 'latin1'))], protocol);
      const fault = { code: 'store-unavailable', message: /the store http:\/\/127\.0\.0\.1:\d+/ };
      await assert.rejects(backend.fetch(request), fault, `fetch ${protocol} ${text}`);
      await assert.rejects(backend.find(['a.*']), fault, `find ${protocol} ${text}`);
      await assert.rejects(backend.list(), fault, `list ${protocol} ${text}`);
    }
  const beside = await storesOf(context, [http('<html>'), healthy]);
  const { series, warnings } = await beside.fetch(request);
  assert.equal(series.length, 1);
  assert.match(warnings.join(), /^cannot read what the store http:\S+ answered: /);
});

test('only what a store says of the request refuses it', async (context) => {
  const api = await startApiOver(
    await storesOf(context, [http('who are you', '', '401 Unauthorized')]),
  );
  context.after(() => api.stop());
  const response = await fetch(`${api.url}/render?target=a.b`);
  assert.equal(response.status, 503);
  assert.match(await response.text(), /^the store \S+ answered 401: who are you$/m);
  for (const status of [401, 403, 407, 408, 429, 500]) {
    const backend = await storesOf(context, [http('no', '', `${status} No`), healthy]);
    const { series, warnings } = await backend.fetch(request);
    assert.equal(series.length, 1, `${status}`);
    assert.match(warnings.join(), new RegExp(`answered ${status}: no`));
  }
  const refusing = await storesOf(context, [http('too much', '', '413 Large'), healthy]);
  await assert.rejects(refusing.fetch(request), { code: 'store-refused' });
});

test('a packed answer, or one of a length that is none, is refused', async (context) => {
  const f = async (answer: Uint8Array | string, message: RegExp): Promise<void> => {
    const backend = await storesOf(context, [Buffer.from(answer)]);
    await assert.rejects(backend.fetch(request), { code: 'store-unavailable', message });
  };
  const packed = gzipSync(encodeMultiFetchResponse([rendered()]));
  await f(http(packed, 'Content-Encoding: gzip\r\n'), /packed \(gzip\)/);
  await f('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcdefgh', /bad length/);
  await f('HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\nabcdefgh', /bad length/);
});

function decoded(more: Parameters<typeof rendered>[0], maxDataPoints?: number): FetchedSeries[] {
  const decoder = new FetchDecoder({
    ...request,
    ...(maxDataPoints === undefined ? {} : { consolidation: { maxDataPoints, by: new Map() } }),
  });
  decoder.push(Buffer.from(encodeMultiFetchResponse([rendered(more)])));
  return decoder.finish();
}

test('points outside the window are left out', () => {
  for (const startTime of [0, 600, now - 1000, now + 120, 2 ** 32, 2 ** 52, -(2 ** 40)])
    assert.deepEqual(decoded({ startTime }), [], `${startTime}`);
  for (const stepTime of [0, -60]) assert.deepEqual(decoded({ stepTime }), []);
  const [late] = decoded({ startTime: now - 60 });
  assert.deepEqual([late?.start, [...(late?.values ?? [])]], [now - 60, [1, 2, 3]]);
  const [early] = decoded({ startTime: now - 480 });
  assert.deepEqual([early?.start, [...(early?.values ?? [])]], [now - 360, [3, 4, 5]]);
  const [wide] = decoded({ stepTime: 2 ** 50 });
  assert.deepEqual([wide?.start, [...(wide?.values ?? [])]], [now - 240, [1, 2]]);
});

test('a store that says it consolidated is believed when it was asked and may have', () => {
  const applied = `dkumonitor.consolidate(${now - 290},${now + 10},10)`;
  const raw = { start: now - 290, end: now + 10, step: 10 };
  assert.deepEqual(decoded({ applied }, 5)[0]?.consolidatedFrom, raw);
  assert.equal(decoded({ applied })[0]?.consolidatedFrom, undefined);
  const nonsense = [
    [0, 10, 0],
    [now - 290, now + 10, 0],
    [now + 10, now - 290, 10],
    [now - 290, now + 10, 7],
    [now - 290, now + 10, 60],
    [0, now + 10, 10],
    [now - 290, 2 ** 52, 10],
    ['9'.repeat(400), '9'.repeat(400), 1],
  ];
  for (const numbers of nonsense) {
    const [series] = decoded({ applied: `dkumonitor.consolidate(${numbers})` }, 5);
    assert.equal(series?.consolidatedFrom, undefined, `${numbers}`);
    assert.equal(series?.values.length, 5);
  }
});

test('merged series have room for no more than the request may read', async (context) => {
  const far = (startTime: number) =>
    http(encodeMultiFetchResponse([rendered({ startTime, stepTime: 1 })]));
  const backend = await storesOf(context, [far(100), far(now - 300)]);
  const check = (_series: number, points: number): void => {
    if (points > 1e6) throw new OperatingError('too-many-points', 'enough');
  };
  const window = { start: 0, end: now };
  await assert.rejects(backend.fetch({ ...request, window, check }), { code: 'too-many-points' });
});

test('series of stores that align their points differently are merged', () => {
  const base = {
    name: 'a',
    pathExpression: 'a',
    consolidate: 'average',
    xFilesFactor: 0,
    step: 60,
  };
  const gap = Number.NaN;
  const merged = mergeSeries(
    { ...base, start: 120, values: Float64Array.of(1, gap, 3) },
    { ...base, start: 75, values: Float64Array.of(7, 8, 9, 10) },
  );
  assert.deepEqual([merged.start, [...merged.values]], [60, [7, 1, 9, 3]]);
  const empty = { ...base, step: 10, start: 120, values: Float64Array.of(gap, gap) };
  const coarse = { ...base, start: 120, values: Float64Array.of(5) };
  assert.equal(mergeSeries(empty, coarse), coarse);
  assert.equal(mergeSeries(coarse, empty), coarse);
});

test('an answer in very small pieces takes no more than another', () => {
  const decoder = new FetchDecoder(request);
  const message = Buffer.from(encodeMultiFetchResponse([rendered()]));
  for (let at = 0; at < message.length; at++) decoder.push(message.subarray(at, at + 1));
  assert.equal(decoder.finish().length, 1);
});

test('a column that comes number by number is read in linear time', () => {
  const count = 300_000;
  for (const isPacked of [false, true]) {
    const writer = new ProtobufWriter();
    for (let i = 0; i < count; i++)
      if (isPacked) writer.doubles(1, Float64Array.of(i));
      else writer.double(1, i + 0.5);
    const reader = new ProtobufReader(writer.finish(), {
      column: (length) => {
        assert.ok(length <= 1, 'taken once');
        return new Float64Array(length);
      },
    });
    const begun = performance.now();
    let values: Float64Array = new Float64Array(0);
    while (reader.next()) values = reader.doubles(values);
    assert.ok(performance.now() - begun < 3000);
    assert.equal(values.length, count);
    assert.equal(Math.floor(values[77_777] as number), 77_777);
  }
});

test('a request that one store refuses does not wait for another', async (context) => {
  const backend = await storesOf(context, [http('too much', '', '413 Large'), Buffer.alloc(0)]);
  const begun = performance.now();
  await assert.rejects(backend.fetch(request), { code: 'store-refused' });
  assert.ok(performance.now() - begun < options.timeoutMs / 2);
});

test('a request that has failed gives up what else it reads', async (context) => {
  const inner = new MemoryBackend(() => now);
  inner.add('a.b', [{ step: 60, points: 1440 }], [[now, 1]]);
  const known = inner.fetch.bind(inner);
  const given: (AbortSignal | undefined)[] = [];
  inner.fetch = async (wanted) => {
    const { signal } = wanted;
    if (given.push(signal) === 1) return known(wanted);
    if (given.length === 3) throw new OperatingError('too-many-points', 'enough');
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new OperatingError('cancelled', 'given up')));
    });
  };
  const api = await startApiOver(inner, {}, { clock: () => now * 1000 });
  context.after(() => api.stop());
  const target = encodeURIComponent('timeStack(a.b,"1d",1,3)');
  const response = await fetch(`${api.url}/render?target=${target}`);
  assert.equal(response.status, 413);
  assert.equal(given[1]?.aborted, true);
});

test('series of go-carbon, which writes Sum and Max, are consolidated by their own method', async (context) => {
  for (const [consolidationFunc, want] of [
    ['Sum', 15],
    ['Max', 5],
    ['Last', 5],
    ['Average', 3],
  ] as const) {
    const body = encodeMultiFetchResponse([rendered({ consolidationFunc })]);
    const api = await startApiOver(
      await storesOf(context, [http(body)]),
      {},
      { clock: () => now * 1000 },
    );
    context.after(() => api.stop());
    const response = await fetch(`${api.url}/render?target=a.b&from=-5min&maxDataPoints=1`);
    const [series] = (await response.json()) as { datapoints: [number, number][] }[];
    assert.equal(series?.datapoints[0]?.[0], want, consolidationFunc);
  }
});
