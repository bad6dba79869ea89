import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createMetricIndex } from '../../../bundle/carbon/metric-index/index.ts';
import {
  type CarbonserverService,
  startCarbonserver,
} from '../../../bundle/carbon/server/index.ts';
import type { MetricReader } from '../../../bundle/carbon/store.ts';
import { OperatingError } from '../../../bundle/core/errors.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import * as v3 from '../../../bundle/wire/carbonapi-v3.ts';
import { findResponseFormats } from '../../../bundle/wire/find-response/index.ts';
import { renderResponseFormats } from '../../../bundle/wire/render-response/index.ts';

const metrics = [
  'servers.web01.load',
  'servers.web02.load',
  'servers.web01.cpu.idle',
  'servers.web01',
  'broken.file',
  'gone.file',
  'disk.used;host=web01;dc=a',
  'disk.used;host=web02',
];

const reader: MetricReader = {
  fetch(metric, from, until) {
    if (metric === 'gone.file') return undefined;
    if (metric === 'broken.file') throw new OperatingError('bad-whisper', 'not a whisper file');
    const start = Math.floor(from / 60) * 60 + 60;
    const values = new Float64Array(Math.max(1, Math.floor((until - start) / 60) + 1));
    for (let i = 0; i < values.length; i++) values[i] = i % 3 === 1 ? Number.NaN : i + 0.5;
    return { start, step: 60, values, aggregationMethod: 'average', xFilesFactor: 0.5 };
  },
  info: (name) =>
    name.startsWith('gone')
      ? undefined
      : {
          name,
          aggregationMethod: 'average',
          xFilesFactor: 0.5,
          maxRetention: 86_400,
          retentions: [{ secondsPerPoint: 60, points: 1440 }],
        },
  cached: () => ({ times: new Float64Array(0), values: new Float64Array(0) }),
};

let service: CarbonserverService;
let url: string;
let directory: string;
const index = createMetricIndex();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'carbonserver-'));
  for (const metric of metrics) index.add(metric);
  service = await startCarbonserver({
    address: { host: '127.0.0.1', port: 0 },
    reader,
    index,
    log: silentLogger,
    whisperDirectory: directory,
    limits: { findMatchesMax: 50, renderSeriesMax: 5, queriesMax: 20 },
  });
  url = `http://127.0.0.1:${service.address.port}`;
});

after(async () => {
  await service.stop();
  await rm(directory, { recursive: true });
});

async function get(path: string, init?: RequestInit) {
  const response = await fetch(url + path, init);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

const json = async (path: string): Promise<unknown> =>
  JSON.parse((await get(path)).body.toString());

test('find as JSON', async () => {
  assert.deepEqual(await json('/metrics/find/?query=servers.*'), {
    metrics: [
      {
        name: 'servers.*',
        matches: [
          { path: 'servers.web02' },
          { path: 'servers.web01' },
          { path: 'servers.web01', isLeaf: true },
        ],
      },
    ],
  });
  const two = (await json('/metrics/find?query=broken&query=nothing&format=json')) as object;
  assert.deepEqual(two, {
    metrics: [
      { name: 'broken', matches: [{ path: 'broken' }] },
      { name: 'nothing', matches: [] },
    ],
  });
});

test('find in every format gives the same matches', async () => {
  const want = [
    { path: 'servers.web01.cpu', isLeaf: false },
    { path: 'servers.web01.load', isLeaf: true },
  ];
  for (const format of findResponseFormats) {
    for (const name of format.names) {
      const answer = await get(`/metrics/find/?query=servers.web01.*&format=${name}`);
      assert.equal(answer.status, 200, name);
      assert.equal(answer.type, format.contentType);
      const matches = format.decode(answer.body)[0]?.matches ?? [];
      assert.deepEqual(
        matches.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
        want,
        name,
      );
      const none = await get(`/metrics/find/?query=nothing&format=${name}`);
      assert.equal(none.status, format.allowsEmpty ? 200 : 404, name);
    }
  }
});

test('find by v3 message', async () => {
  const body = v3.encodeMultiGlobRequest({ metrics: ['servers.*.load', 'x'], startTime: 1 });
  const answer = await get('/metrics/find/', {
    method: 'POST',
    headers: { accept: v3.carbonapiV3ContentType, 'content-type': v3.carbonapiV3ContentType },
    body,
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.type, v3.carbonapiV3ContentType);
  const [globs, none] = v3.decodeMultiGlobResponse(answer.body);
  assert.equal(globs?.matches.length, 2);
  assert.deepEqual(none, { name: 'x', matches: [] });
});

test('a message may come with GET, as the Go carbonapi sends it', async () => {
  const body = v3.encodeMultiGlobRequest({ metrics: ['servers.*.load'] });
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const request = httpRequest(
      `${url}/metrics/find/?format=carbonapi_v3_pb`,
      { headers: { 'content-length': body.length } },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => resolve(Buffer.concat(pieces)));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
  assert.equal(v3.decodeMultiGlobResponse(answer)[0]?.matches.length, 2);
});

test('render in every format gives the same points', async () => {
  for (const format of renderResponseFormats) {
    for (const name of format.names) {
      const answer = await get(
        `/render/?target=servers.*.load&target=nothing&from=600&until=900&format=${name}`,
      );
      assert.equal(answer.status, 200, name);
      assert.equal(answer.type, format.contentType);
      const list = format.decode(answer.body);
      assert.deepEqual(list.map((series) => series.name).sort(), [
        'servers.web01.load',
        'servers.web02.load',
      ]);
      for (const { values, startTime, stopTime, stepTime } of list) {
        assert.deepEqual([...values], [0.5, Number.NaN, 2.5, 3.5, Number.NaN], name);
        assert.deepEqual([startTime, stopTime, stepTime], [660, 960, 60], name);
      }
    }
  }
});

test('render by v3 message', async () => {
  const body = v3.encodeMultiFetchRequest([
    { name: 'servers.web0?.load', pathExpression: 'servers.*.load', startTime: 0, stopTime: 120 },
    { name: 'disk.used;host=web01;dc=a', pathExpression: '', startTime: 60, stopTime: 120 },
  ]);
  const answer = await get('/render/', {
    method: 'POST',
    headers: { accept: v3.carbonapiV3ContentType },
    body,
  });
  const list = v3.decodeMultiFetchResponse(answer.body);
  assert.deepEqual(
    list
      .map(({ name, pathExpression, requestStartTime }) => [name, pathExpression, requestStartTime])
      .sort(),
    [
      ['disk.used;dc=a;host=web01', 'disk.used;host=web01;dc=a', 60],
      ['servers.web01.load', 'servers.*.load', 0],
      ['servers.web02.load', 'servers.*.load', 0],
    ],
  );
  assert.equal(list[0]?.consolidationFunc, 'average');
  assert.equal(list[0]?.xFilesFactor, 0.5);
});

test('render takes seriesByTag as graphite-web sends it', async () => {
  const f = async (target: string) =>
    get(`/render/?target=${encodeURIComponent(target)}&from=1&until=100&format=json`);
  const answer = await f(`seriesByTag('name=disk.used', "host=~web0(1)")`);
  assert.equal(answer.status, 200);
  const { metrics } = JSON.parse(answer.body.toString());
  assert.deepEqual(
    metrics.map(({ name }: { name: string }) => name),
    ['disk.used;dc=a;host=web01'],
  );
  assert.equal((await f('seriesByTag(name=disk.used)')).status, 400);
  assert.equal((await f(`seriesByTag('name!=x')`)).status, 400);
  assert.equal((await f(`seriesByTag('name=none')`)).status, 404);
});

test('render refuses what it cannot answer', async () => {
  const f = async (query: string, status: number, message: RegExp): Promise<void> => {
    const answer = await get(`/render/?${query}`);
    assert.equal(answer.status, status, query);
    assert.match(answer.body.toString(), message);
  };
  await f('target=servers.web01.load&until=100', 400, /parameter from has to be unix seconds/);
  await f('target=servers.web01.load&from=-1h&until=now', 400, /from/);
  await f('target=servers.web01.load&from=200&until=100', 400, /after until/);
  await f('from=1&until=100', 400, /no target/);
  await f('target=x&from=1&until=100&format=csv', 400, /unknown format "csv"/);
  await f('target=nothing&from=1&until=100', 404, /no metric/);
  await f('target=gone.file&from=1&until=100', 404, /no metric/);
  await f('target=*.*&target=*.*.*&target=*.*.*&target=*.*.*&from=1&until=100', 400, /more than 5/);
  await f(`${'target=a&'.repeat(21)}from=1&until=100`, 400, /more than 20 queries/);
});

test('an unreadable series costs only itself', async () => {
  const before = service.statistics.metrics_unreadable;
  const answer = await get(
    '/render/?target=broken.file&target=servers.web01.load&from=1&until=100',
  );
  assert.equal(answer.status, 200);
  assert.equal(service.statistics.metrics_unreadable, before + 1);
});

test('info', async () => {
  const want = [
    {
      name: 'servers.web01.load',
      consolidationFunc: 'average',
      maxRetention: 86_400,
      xFilesFactor: 0.5,
      retentions: [{ secondsPerPoint: 60, numberOfPoints: 1440 }],
    },
  ];
  assert.deepEqual(await json('/info/?target=servers.web01.load&target=no.such'), {
    metrics: want,
  });
  const answer = await get('/info/', {
    method: 'POST',
    headers: { accept: v3.carbonapiV3ContentType },
    body: v3.encodeMultiMetricsInfoRequest(['servers.web01.load']),
  });
  assert.deepEqual(v3.decodeMultiMetricsInfoResponse(answer.body), want);
  assert.equal((await get('/info/?target=servers.web01.load&format=protobuf')).status, 200);
  assert.equal((await get('/info/?target=no.such')).status, 404);
  assert.equal((await get('/info/?target=servers.web01.load&format=pickle')).status, 400);
  assert.equal((await get('/info/')).status, 400);
});

test('list and details', async () => {
  const listed = (await json('/metrics/list/')) as { Metrics: string[] };
  assert.deepEqual(listed.Metrics.sort(), [...index.names()].sort());
  assert.deepEqual(
    ((await json('/metrics/index.json')) as string[]).sort(),
    listed.Metrics.filter((name) => !name.includes(';')),
  );
  const v3List = await get(`/metrics/list/?format=${v3.carbonapiV3Protocol}`);
  assert.deepEqual(v3.decodeListMetricsResponse(v3List.body).sort(), listed.Metrics);
  assert.equal((await get('/metrics/list/?format=pickle')).status, 400);
  const details = (await json('/metrics/details/')) as {
    Metrics: { Name: string }[];
    TotalSpace: number;
  };
  assert.equal(details.Metrics.length, metrics.length);
  assert.ok(details.TotalSpace > 0);
  const v3Details = await get(`/metrics/details/?format=${v3.carbonapiV3Protocol}`);
  const decoded = v3.decodeMetricDetailsResponse(v3Details.body);
  assert.equal(decoded.metrics.length, metrics.length);
  assert.ok(decoded.totalSpace > 0);
  const query = (await json('/metrics/list_query/?target=servers.web01')) as { Count: number };
  assert.equal(query.Count, 3);
});

test('a long list arrives whole', async () => {
  const many = createMetricIndex();
  for (let i = 0; i < 50_000; i++) many.add(`many.n${i % 100}.series-number-${i}`);
  const own = await startCarbonserver({
    address: { host: '127.0.0.1', port: 0 },
    reader,
    index: many,
    log: silentLogger,
    whisperDirectory: directory,
  });
  const response = await fetch(`http://127.0.0.1:${own.address.port}/metrics/list/`);
  const { Metrics } = (await response.json()) as { Metrics: string[] };
  assert.equal(new Set(Metrics).size, 50_000);
  const big = await fetch(
    `http://127.0.0.1:${own.address.port}/render/?target=many.n1.*&from=0&until=86400&format=carbonapi_v3_pb`,
  );
  const list = v3.decodeMultiFetchResponse(new Uint8Array(await big.arrayBuffer()));
  assert.equal(list.length, 500);
  assert.equal(list[499]?.values.length, 1440);
  await own.stop();
});

test('capabilities and small pages', async () => {
  const answer = await get('/_internal/capabilities/', { method: 'POST', body: '' });
  const capabilities = v3.decodeCapabilityResponse(answer.body);
  assert.ok(capabilities.supportedProtocols.includes('carbonapi_v3_pb'));
  assert.equal(capabilities.likeSplittedRequests, true);
  assert.equal((await get('/health')).body.toString(), 'ok\n');
  assert.match((await get('/robots.txt')).body.toString(), /Disallow: \//);
  assert.equal(((await json('/admin/info')) as { metrics: number }).metrics, metrics.length);
  assert.equal((await get('/forcescan')).status, 501);
  assert.equal((await get('/no/such/page')).status, 404);
  assert.equal((await get('/constructor')).status, 404);
});

test('tags', async () => {
  assert.deepEqual(await json('/tags/findSeries?expr=name=disk.used&expr=host=web01'), [
    'disk.used;dc=a;host=web01',
  ]);
  assert.deepEqual(await json('/tags/findSeries?expr[]=dc!='), ['disk.used;dc=a;host=web01']);
  assert.deepEqual(await json('/tags'), [{ tag: 'dc' }, { tag: 'host' }, { tag: 'name' }]);
  assert.deepEqual(await json('/tags?filter=h'), [{ tag: 'host' }]);
  assert.deepEqual(await json('/tags/host'), {
    tag: 'host',
    values: [
      { value: 'web01', count: 1 },
      { value: 'web02', count: 1 },
    ],
  });
  assert.deepEqual(await json('/tags/autoComplete/tags?expr=name=disk.used'), ['dc', 'host']);
  assert.deepEqual(await json('/tags/autoComplete/values?tag=host&valuePrefix=web&limit=1'), [
    'web01',
  ]);
  for (const path of [
    '/tags/findSeries',
    '/tags/findSeries?expr=name!=x',
    '/tags/findSeries?expr=garbage',
    '/tags/findSeries?expr=name=~(unclosed',
    '/tags/autoComplete/values',
    '/tags/host?limit=x',
  ])
    assert.equal((await get(path)).status, 400, path);
  assert.equal((await get('/tags/nosuch')).status, 404);
  assert.equal((await get('/tags/delSeries?path=disk.used;host=web02')).status, 405);
  const deleted = await get('/tags/delSeries', {
    method: 'POST',
    body: new URLSearchParams({ path: 'disk.used;host=web02' }),
  });
  assert.equal(deleted.body.toString(), 'true');
  assert.deepEqual(await json('/tags/autoComplete/values?tag=host'), ['web01']);
});

test('administration: forget, learn, settle', async () => {
  const post = (path: string, body: string, type = 'application/json') =>
    get(`/admin/metrics/${path}`, { method: 'POST', headers: { 'content-type': type }, body });
  const names = JSON.stringify({ metrics: ['admin.one', 'admin.two'] });
  assert.equal((await post('learn', names)).body.toString(), '{"metrics":2}');
  assert.equal(index.find('admin.*').length, 2);
  assert.equal((await post('settle', names)).body.toString(), '{"pending":[]}');
  assert.equal((await post('forget', names)).body.toString(), '{"metrics":2}');
  assert.equal((await post('forget', names)).body.toString(), '{"metrics":0}');
  assert.equal(index.has('admin.one'), false);
  assert.equal((await get('/admin/metrics/forget')).status, 405);
  assert.equal((await post('forget', names, 'text/plain')).status, 415);
  assert.equal((await post('forget', '{')).status, 400);
  assert.equal((await post('forget', '{"metrics":[1]}')).status, 400);
});

test('hostile requests are refused and the server lives', async () => {
  const v3Headers = { accept: v3.carbonapiV3ContentType };
  for (const path of ['/render/', '/metrics/find/', '/info/']) {
    const junk = await get(path, {
      method: 'POST',
      headers: v3Headers,
      body: Buffer.from('ff0a01ffffffffff', 'hex'),
    });
    assert.equal(junk.status, 400, path);
  }
  const f = async (query: string): Promise<void> => {
    const { status } = await get(`/metrics/find/?query=${query}`);
    assert.ok(status >= 400 && status < 500, `${query} ${status}`);
  };
  await f('..%2f..%2fetc%2fpasswd');
  await f('%00');
  await f('a%00b.*');
  await f('%f0%9f%98%80');
  await f(`${'%7Ba,b%7D'.repeat(20)}`);
  await f('a'.repeat(400));
  await f('servers.*;x');
  assert.equal((await get('/metrics/find/?query=**')).status, 200);
  const raw = connect(service.address.port, '127.0.0.1');
  raw.end('\x00\x01garbage\r\n\r\n');
  await new Promise((resolve) => raw.once('close', resolve).resume());
  assert.equal((await get('/health')).status, 200);
});

test('too many matches are refused with a text', async () => {
  for (let i = 0; i < 60; i++) index.add(`wide.n${i}`);
  const answer = await get('/metrics/find/?query=wide.*');
  assert.equal(answer.status, 400);
  assert.match(answer.body.toString(), /matched more than 50, narrow the query "wide\.\*"/);
  for (const path of ['/tags/name', '/tags/name?limit=60', '/tags/autoComplete/values?tag=name']) {
    const refused = await get(path);
    assert.equal(refused.status, 400, path);
    assert.match(refused.body.toString(), /more than 50 answers/);
  }
  assert.equal((await get('/tags/name?limit=50')).status, 200);
  assert.equal((await get('/tags/findSeries?expr=name=~wide')).status, 400);
});
