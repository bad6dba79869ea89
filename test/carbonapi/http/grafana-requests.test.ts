// The requests that Grafana's Graphite data source sends, as it sends them, and what it reads of the
// answers. A failure here is a broken data source.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestApi, type TestApi } from '../test-api.ts';

const now = 1_763_650_800;
let api: TestApi;

before(async () => {
  api = await startTestApi({}, () => now * 1000);
  const minutes = Array.from({ length: 120 }, (_, i) => now - 7200 + i * 60);
  for (const host of ['web01', 'web02'])
    for (const metric of ['load', 'mem.used'])
      api.backend.add(
        `servers.${host}.${metric}`,
        [{ step: 60, points: 1440 }],
        minutes.map((time, i): [number, number] => [time, i]),
      );
  api.backend.add('odd.näme with', [{ step: 60, points: 1440 }], [[now - 60, 1]]);
  api.backend.add('disk.used;dc=one;host=a', [{ step: 60, points: 1440 }], [[now - 60, 5]]);
  api.backend.add('disk.used;dc=two;host=b', [{ step: 60, points: 1440 }], [[now - 60, 7]]);
});
after(() => api.stop());

interface Target {
  target: string;
  tags: Record<string, string>;
  datapoints: [number | null, number][];
}

const grafanaHeaders = { 'x-dashboard-id': '7', 'x-panel-id': '3', 'x-grafana-org-id': '1' };

async function render(fields: [string, string][], query = ''): Promise<Target[]> {
  const response = await fetch(`${api.url}/render${query}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: grafanaHeaders,
  });
  assert.equal(response.status, 200, await response.clone().text());
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  return (await response.json()) as Target[];
}

async function get(path: string): Promise<unknown> {
  const response = await fetch(api.url + path);
  assert.equal(response.status, 200, path);
  return response.json();
}

test('"save & test" finds constantLine', async () => {
  const [only, ...others] = await render([
    ['target', 'constantLine(100)'],
    ['from', String(now - 300)],
    ['until', String(now)],
    ['format', 'json'],
    ['maxDataPoints', '100'],
  ]);
  assert.equal(others.length, 0);
  assert.deepEqual(
    only?.datapoints.map(([value]) => value),
    [100, 100, 100],
  );
});

test('relative times in every spelling', async () => {
  for (const from of ['-1h', '-6h', '-5min', '-2mon', '-30d']) {
    const [series] = await render([
      ['target', 'servers.web01.load'],
      ['from', from],
      ['until', 'now'],
      ['format', 'json'],
      ['cacheTimeout', '60'],
    ]);
    assert.equal(series?.target, 'servers.web01.load', from);
  }
});

test('several targets keep their order', async () => {
  const answer = await render([
    ['target', 'servers.web02.load'],
    ['target', 'servers.web01.load'],
    ['from', '-10min'],
    ['format', 'json'],
  ]);
  assert.deepEqual(
    answer.map(({ target }) => target),
    ['servers.web02.load', 'servers.web01.load'],
  );
});

test('no match is an empty list with status 200', async () => {
  const fields: [string, string][] = [
    ['target', 'no.such.*'],
    ['from', '-1h'],
    ['format', 'json'],
  ];
  assert.deepEqual(await render(fields), []);
  assert.deepEqual(await render(fields, '?meta=true'), []);
});

test('the wrapping that carries the refId is undone exactly', async () => {
  for (const inner of [
    'servers.web01.load',
    `alias(servers.web01.load,'two words "quoted"')`,
    'alias(servers.web01.load,"größe ✓")',
    'sumSeries(servers.*.load)',
  ]) {
    const [plain] = await render([
      ['target', inner],
      ['from', '-10min'],
    ]);
    const [wrapped] = await render([
      ['target', `aliasSub(${inner}, "(^.*$)", "\\1 A")`],
      ['from', '-10min'],
    ]);
    assert.equal(wrapped?.target, `${plain?.target} A`);
  }
});

test('values are numbers or null, never NaN or Infinity, and times are whole seconds', async () => {
  const response = await fetch(
    `${api.url}/render?format=json&from=-3h&target=divideSeries(servers.web01.load,servers.web01.load)`,
  );
  const text = await response.text();
  assert.doesNotMatch(text, /NaN|Infinity/);
  const [series] = JSON.parse(text) as Target[];
  for (const [value, time] of series?.datapoints ?? []) {
    assert.ok(value === null || typeof value === 'number');
    assert.ok(Number.isInteger(time));
  }
});

test('an error is short plain text', async () => {
  const response = await fetch(`${api.url}/render?format=json&target=nosuch(a)`);
  assert.equal(response.status, 400);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
  assert.match(await response.text(), /^there is no function nosuch/);
});

test('/metrics/find takes query and times wherever they are', async () => {
  const want = [
    { text: 'web01', id: 'servers.web01', expandable: 1, leaf: 0, allowChildren: 1, context: {} },
    { text: 'web02', id: 'servers.web02', expandable: 1, leaf: 0, allowChildren: 1, context: {} },
  ];
  const times = `from=${now - 3600}&until=${now}`;
  const form = { method: 'POST', body: new URLSearchParams({ query: 'servers.*' }) };
  const placements: [string, RequestInit][] = [
    [`/metrics/find?${times}`, form],
    [`/metrics/find/?query=servers.*&${times}`, {}],
    ['/metrics/find', form],
    [
      '/metrics/find',
      {
        method: 'POST',
        body: new URLSearchParams({ query: 'servers.*', from: '-1h', until: 'now' }),
      },
    ],
  ];
  for (const [path, init] of placements) {
    const response = await fetch(api.url + path, { ...init, redirect: 'error' });
    assert.equal(response.status, 200);
    const answer = (await response.json()) as { text: string }[];
    answer.sort((a, b) => (a.text < b.text ? -1 : 1));
    assert.deepEqual(answer, want, path);
  }
});

test('/metrics/expand and index.json', async () => {
  assert.deepEqual(await get('/metrics/expand?query=servers.*.load'), {
    results: ['servers.web01.load', 'servers.web02.load'],
  });
  assert.ok(((await get('/metrics/index.json')) as string[]).includes('servers.web01.mem.used'));
});

test('/functions is valid JSON with what the editor shows', async () => {
  const all = (await get('/functions')) as Record<string, Record<string, unknown>>;
  const average = all['movingAverage'];
  assert.equal(average?.['name'], 'movingAverage');
  assert.ok(Array.isArray(average?.['params']));
  for (const each of Object.values(all))
    for (const key of ['name', 'function', 'description', 'group', 'params'])
      assert.ok(key in each, `${String(each['name'])} has ${key}`);
});

test('/version is a version of the 1.1 line', async () => {
  assert.match(String(await get('/version')), /^1\.1\.\d+$/);
});

test('tags for the query editor and template variables', async () => {
  assert.deepEqual(await get('/tags'), [{ tag: 'dc' }, { tag: 'host' }, { tag: 'name' }]);
  assert.deepEqual(
    await get('/tags/autoComplete/tags?expr=name%3Ddisk.used&tagPrefix=&limit=100'),
    ['dc', 'host'],
  );
  assert.deepEqual(
    await get('/tags/autoComplete/values?expr=name%3Ddisk.used&tag=dc&valuePrefix=t&limit=10000'),
    ['two'],
  );
  assert.deepEqual(await get('/tags/autoComplete/values?tag=nosuch&limit=10000'), []);
  const details = (await get('/tags/dc')) as { values: { value: string; count: number }[] };
  assert.deepEqual(details.values, [
    { value: 'one', count: 1 },
    { value: 'two', count: 1 },
  ]);
  const tagged = await render([
    ['target', "seriesByTag('name=disk.used', 'dc=two')"],
    ['from', '-10min'],
  ]);
  assert.deepEqual(tagged[0]?.tags, { name: 'disk.used', dc: 'two', host: 'b' });
});

test('annotations come from /events/get_data', async () => {
  assert.deepEqual(await get('/events/get_data?from=-1h&until=now&tags=deploy'), []);
  const posted = await fetch(`${api.url}/events/`, {
    method: 'POST',
    body: JSON.stringify({ what: 'deployed', tags: ['deploy', 'web'], when: now - 60, data: 'v2' }),
  });
  assert.equal(posted.status, 200);
  const found = (await get('/events/get_data?from=-1h&until=now&tags=web%20deploy')) as unknown[];
  assert.deepEqual(found, [
    { id: 1, when: now - 60, what: 'deployed', data: 'v2', tags: ['deploy', 'web'] },
  ]);
  assert.deepEqual(await get('/events/get_data?from=-1h&until=now&tags=web%20other'), []);
});

test('a compressed answer is the same answer', async () => {
  const url = `${api.url}/render?format=json&from=-2h&target=servers.*.*`;
  const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
  const packed = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(packed.headers.get('content-encoding'), 'gzip');
  assert.deepEqual(await packed.json(), await plain.json());
});
