import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { reconfigure } from '../../../bundle/carbonapi/http/api.ts';
import { createLogger } from '../../../bundle/core/log.ts';
import { startTestApi, type TestApi } from '../test-api.ts';

const now = 1_763_650_800;

async function apiWith(
  context: TestContext,
  settings: Record<string, unknown> = {},
  log?: (line: string) => void,
): Promise<TestApi> {
  const logger = log === undefined ? undefined : createLogger('info', log);
  const api = await startTestApi(settings, () => now * 1000, logger);
  context.after(() => api.stop());
  for (let i = 0; i < 20; i++)
    api.backend.add(
      `a.s${String(i).padStart(2, '0')}`,
      [{ step: 60, points: 20_000 }],
      Array.from({ length: 100 }, (_, k): [number, number] => [now - k * 60, i + k / 3]),
    );
  return api;
}

async function refused(api: TestApi, query: string, status: number, text: RegExp): Promise<void> {
  const response = await fetch(`${api.url}${query}`);
  const body = await response.text();
  assert.equal(response.status, status, body);
  assert.match(body, text);
}

const names = (answer: unknown): string[] =>
  (answer as { target: string }[]).map(({ target }) => target);

test('odd parameters mean what they mean to Graphite', async (context) => {
  const api = await apiWith(context);
  const answer = async (query: string): Promise<Response> =>
    fetch(`${api.url}/render?target=a.s00&from=-5min&${query}`);
  const points = async (query: string): Promise<number | undefined> => {
    const list = (await (await answer(query)).json()) as { datapoints: unknown[] }[];
    return list[0]?.datapoints.length;
  };
  assert.equal(await points('maxDataPoints=2'), 2);
  for (const ignored of ['1.5', '-1', 'x', '0', ''])
    assert.equal(await points(`maxDataPoints=${ignored}`), 5, ignored);
  assert.equal(await points('format='), 5);
  assert.equal(await points('rawData=1&format=json'), 5, 'format counts more');
  assert.match(await (await answer('rawData=')).text(), /^a\.s00,/);
  const pickled = await answer('pickle=1');
  assert.match(pickled.headers.get('content-type') ?? '', /pickle/);
  await pickled.arrayBuffer();
  assert.equal((await answer('xFilesFactor=2')).status, 200);
});

test('nothing after the now of a request is read', async (context) => {
  const api = await apiWith(context);
  const times = async (query: string): Promise<number[][]> => {
    const answer = await fetch(`${api.url}/render?now=${now - 600}&${query}`);
    const list = (await answer.json()) as { datapoints: [number | null, number][] }[];
    return list.map(({ datapoints }) => datapoints.map(([, time]) => time - now));
  };
  const before = [-720, -660, -600];
  assert.deepEqual(await times('target=a.s00&from=-3min&until=%2B3min'), [before]);
  assert.deepEqual(await times('target=a.s00&from=-3min'), [before]);
  const moved = await times('target=movingAverage(a.s00,"2min")&from=-3min&until=%2B3min');
  assert.deepEqual(moved, [before]);
  assert.deepEqual(await times('target=a.s00&from=%2B1min&until=%2B3min'), []);
});

test('targets and parameters come in a query, a form or JSON', async (context) => {
  const api = await apiWith(context);
  const url = `${api.url}/render`;
  const want = ['a.s00', 'a.s01'];
  const multipart = new FormData();
  for (const target of want) multipart.append('target', target);
  multipart.append('from', '-5min');
  multipart.append('maxDataPoints', '');
  multipart.append('until', new Blob(['a file is no parameter']), 'until.txt');
  const query = 'target=a.s00&target=a.s01&from=-5min&format=json';
  const forms: [string, RequestInit][] = [
    [`${url}?${query}`, {}],
    [`${url}/?target[]=a.s00&target[]=a.s01&from=-5min`, {}],
    [url, { method: 'POST', body: new URLSearchParams(query) }],
    [
      `${url}?format=json&from=-5min`,
      { method: 'POST', body: new URLSearchParams('target=a.s00&target=a.s01') },
    ],
    [url, { method: 'POST', body: multipart }],
    [
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ target: want, from: now - 300, until: 'now', maxDataPoints: 100 }),
      },
    ],
  ];
  for (const [address, init] of forms) {
    const response = await fetch(address, init);
    assert.equal(response.status, 200);
    assert.deepEqual(names(await response.json()), want);
  }
});

test('one store request serves all targets of one window', async (context) => {
  const api = await apiWith(context);
  await fetch(
    `${api.url}/render?target=a.s00&target=sumSeries(a.s01,a.s0*)&target=a.s00&from=-5min`,
  );
  assert.deepEqual(
    api.backend.fetches.map(({ paths }) => paths),
    [['a.s00', 'a.s01', 'a.s0*']],
  );
});

test('limits are answered with their reason', async (context) => {
  const limits = { series: 10, points: 500, depth: 5, targets: 3, targetCharacters: 200 };
  const api = await apiWith(context, { limits: { ...limits, answerBytes: 3000 } });
  await refused(api, '/render?target=a.*&from=-5min', 413, /20 series, more than the 10 allowed/);
  await refused(
    api,
    '/render?target=a.s00&from=-10h',
    413,
    /600 points, more than the 500 allowed/,
  );
  await refused(api, '/render?target=a.s00&from=-5h', 413, /more than the 3000 bytes allowed/);
  const deep = `${'abs('.repeat(8)}a${')'.repeat(8)}`;
  await refused(api, `/render?target=${deep}`, 400, /nested more than 5 deep/);
  await refused(api, '/render?target=a&target=b&target=c&target=d', 400, /more than 3 targets/);
  await refused(api, `/render?target=${'a'.repeat(300)}`, 400, /longer than 200 characters/);
});

test('wrong parameters are named', async (context) => {
  const api = await apiWith(context);
  await refused(api, '/render?target=a&from=yesterdayish', 400, /cannot read the time/);
  await refused(api, '/render?target=a&from=100&until=100', 400, /time range is empty/);
  await refused(api, '/render?target=a&format=xml', 400, /no render format "xml"; known are json/);
  await refused(api, '/render?target=a&xFilesFactor=x', 400, /xFilesFactor must be/);
  await refused(api, '/render?target=a&xFilesFactor=', 400, /xFilesFactor must be/);
  await refused(api, '/render?target=a(', 400, /cannot read the target a\(/);
  await refused(api, '/render?target=moveingAverage(a.s00,5)', 400, /no function .*movingAverage/);
  await refused(api, '/render?target=scale(a.s00,"x")', 400, /scale: factor must be a number, not/);
  await refused(api, '/render?target=scale(a.s00)', 400, /scale: factor is required/);
  const response = await fetch(`${api.url}/render`, { method: 'PUT' });
  assert.equal(response.status, 405);
  const body = await fetch(`${api.url}/render`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"target":',
  });
  assert.equal(body.status, 400);
});

test('a body of very many parameters is refused', async (context) => {
  const api = await apiWith(context);
  const response = await fetch(`${api.url}/render`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ target: Array(100_001).fill('a') }),
  });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /^a body may have 100000 parameters$/m);
});

test('the same request soon after is answered from the cache, but not when told otherwise', async (context) => {
  let time = now * 1000;
  const api = await startTestApi({ cache: { renderMs: 500 } }, () => time);
  context.after(() => api.stop());
  const query = '/render?target=a.*&from=-5min';
  const get = async (more = '') => names(await (await fetch(`${api.url}${query}${more}`)).json());
  assert.deepEqual(await get(), [], 'an empty answer is not kept');
  api.backend.add('a.b', [{ step: 60, points: 1440 }], [[now, 1]]);
  assert.deepEqual(await get(), ['a.b']);
  api.backend.add('a.c', [{ step: 60, points: 1440 }], [[now, 1]]);
  assert.deepEqual(await get(), ['a.b'], 'kept');
  assert.deepEqual(await get('&noCache=1'), ['a.b', 'a.c']);
  time += 500;
  assert.deepEqual(await get(), ['a.b', 'a.c'], 'its time is over');
});

test('timestampFormat chooses the unit of times; an unknown one is refused', async (context) => {
  const api = await apiWith(context);
  const query = '/render?target=a.s01&from=-1min&timestampFormat=';
  const lastTime = async (unit: string): Promise<number> => {
    const [series] = (await (await fetch(`${api.url}${query}${unit}`)).json()) as {
      datapoints: [number, number][];
    }[];
    return series?.datapoints.at(-1)?.[1] ?? 0;
  };
  const seconds = await lastTime('s');
  assert.equal(await lastTime('ms'), seconds * 1000);
  assert.equal(await lastTime('milliseconds'), seconds * 1000);
  await refused(api, `${query}weeks`, 400, /no timestampFormat "weeks"/);
});

test('get-metadata answers for each metric', async (context) => {
  const api = await apiWith(context);
  const ask = async (query: string): Promise<unknown> =>
    (await fetch(`${api.url}/metrics/get-metadata/?${query}`)).json();
  assert.deepEqual(await ask('key=aggregationMethod&metric=a.s01&metric=no'), {
    'a.s01': { value: 'average' },
    no: { error: 'there is no metric no' },
  });
  assert.match(JSON.stringify(await ask('key=x&metric=a.s01')), /no metadata key/);
  await refused(api, '/metrics/get-metadata?key=aggregationMethod', 400, /metric are needed/);
});

test('an error of a window that a function computes names the function', async (context) => {
  const api = await apiWith(context);
  const target = encodeURIComponent('hitcount(a.s01,"0min",true)');
  await refused(api, `/render?target=${target}`, 400, /^hitcount: /);
});

test('identical requests at the same time are worked out once', async (context) => {
  const api = await apiWith(context, { cache: { renderBytes: 0 } });
  const inner = api.backend.fetch.bind(api.backend);
  api.backend.fetch = async (wanted) => {
    while (api.service.rendering.joined < 4) await new Promise(setImmediate);
    return inner(wanted);
  };
  const url = `${api.url}/render?target=a.*&from=-5min`;
  const answers = await Promise.all(
    Array.from({ length: 5 }, async () => (await fetch(url)).text()),
  );
  assert.equal(new Set(answers).size, 1);
  assert.equal(api.backend.fetches.length, 1);
});

test('a large answer is streamed whole, plain and compressed', async (context) => {
  const api = await apiWith(context);
  const url = `${api.url}/render?target=a.*&from=-10d`;
  for (const encoding of ['identity', 'gzip']) {
    const response = await fetch(url, { headers: { 'accept-encoding': encoding } });
    assert.equal(response.headers.get('content-length'), null);
    const answer = (await response.json()) as { datapoints: unknown[] }[];
    assert.equal(answer.length, 20);
    for (const { datapoints } of answer) assert.equal(datapoints.length, 14_400);
  }
});

test('a client that goes away ends the work for it', async (context) => {
  const api = await apiWith(context);
  const aborted = new Promise<void>((resolve) => {
    api.backend.fetch = ({ signal }) =>
      new Promise((_, reject) => {
        client.destroy();
        signal?.addEventListener('abort', () => {
          reject(new Error('stopped'));
          resolve();
        });
      });
  });
  const client = request(`${api.url}/render?target=a.s00&from=-5min`);
  client.on('error', () => {});
  client.end();
  await aborted;
});

test('a request that takes too long is ended', async (context) => {
  const api = await apiWith(context, { limits: { timeSeconds: 1 } });
  api.backend.fetch = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  await refused(api, '/render?target=a.s00', 422, /longer than 1 s \(limits.timeSeconds\)/);
});

test('more requests than may wait are refused', async (context) => {
  const api = await apiWith(context, { limits: { concurrent: 1, waiting: 1 } });
  const inner = api.backend.fetch.bind(api.backend);
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  api.backend.fetch = async (wanted) => {
    await gate;
    return inner(wanted);
  };
  const urls = [1, 2, 3].map((i) => `${api.url}/render?target=a.s0${i}&from=-5min`);
  const answers = urls.map((url) =>
    fetch(url).then((response) => {
      if (response.status === 429) release();
      return response.status;
    }),
  );
  assert.deepEqual((await Promise.all(answers)).sort(), [200, 200, 429]);
});

test('all requests together hold so many points, and give them back', async (context) => {
  const api = await apiWith(context, { limits: { pointsAtOnce: 300_000 } });
  const { readBudget } = api.service;
  const large = `${api.url}/render?target=a.*&from=-10d&noCache=1`;
  const response = await fetch(large);
  assert.equal(((await response.json()) as unknown[]).length, 20);
  while (readBudget.points > 0) await new Promise(setImmediate);
  await refused(api, '/render?target=a.*&target=b&from=-11d', 429, /limits.pointsAtOnce/);
  assert.equal(readBudget.points, 0);
  await fetch(`${api.url}/render?target=a.*&from=-5min`).then((answer) => answer.text());
  assert.equal(readBudget.points, 0);
});

test('limits change with the configuration', async (context) => {
  const api = await apiWith(context);
  const { config } = api.service;
  reconfigure(api.service, { ...config, limits: { ...config.limits, series: 5 } });
  await refused(api, '/render?target=a.*&from=-5min', 413, /more than the 5 allowed/);
});

test('warnings of stores are a header', async (context) => {
  const api = await apiWith(context);
  const inner = api.backend.fetch.bind(api.backend);
  api.backend.fetch = async (wanted) => ({
    ...(await inner(wanted)),
    warnings: ['store x is déad'],
  });
  const response = await fetch(`${api.url}/render?target=a.s00&from=-5min`);
  assert.equal(response.headers.get('x-carbonapi-partial'), 'store x is d?ad');
});

test('a store that fails is 503, with its name', async (context) => {
  const { OperatingError } = await import('../../../bundle/core/errors.ts');
  const api = await apiWith(context);
  api.backend.fetch = async () => {
    throw new OperatingError('store-unavailable', 'the store x does not answer');
  };
  await refused(api, '/render?target=a.s00', 503, /the store x does not answer/);
});

test('JSONP takes plain names only, and can be switched off', async (context) => {
  const api = await apiWith(context);
  const response = await fetch(`${api.url}/render?target=a.s00&from=-2min&jsonp=my.callback_1`);
  assert.match(response.headers.get('content-type') ?? '', /^text\/javascript/);
  assert.match(await response.text(), /^my\.callback_1\(\[.*\]\)$/s);
  for (const evil of ['alert(1)//', 'a b', '<script>', 'x'.repeat(200)])
    await refused(
      api,
      `/render?target=a.s00&jsonp=${encodeURIComponent(evil)}`,
      400,
      /plain function/,
    );
  const strict = await apiWith(context, { jsonp: false });
  await refused(strict, '/render?target=a.s00&jsonp=cb', 400, /switched off/);
});

test('other origins are let in only when configured', async (context) => {
  const origin = 'https://wiki.example.org';
  const headers = { origin };
  const closed = await apiWith(context);
  const open = await apiWith(context, { cors: [origin] });
  const allowed = async (api: TestApi, init: RequestInit = {}) =>
    (await fetch(`${api.url}/render?target=a.s00`, { headers, ...init })).headers.get(
      'access-control-allow-origin',
    );
  assert.equal(await allowed(closed), null);
  assert.equal(await allowed(open), origin);
  assert.equal(await allowed(open, { headers: { origin: 'https://evil.example' } }), null);
  const preflight = await fetch(`${open.url}/render`, { method: 'OPTIONS', headers });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /POST/);
  const bad = await fetch(`${open.url}/render?target=a(`, { headers });
  assert.equal(bad.headers.get('access-control-allow-origin'), origin, 'errors can be read, too');
});

test('requests are counted, and logged with who asked', async (context) => {
  const lines: string[] = [];
  const api = await apiWith(context, { requestLog: true }, (line) => lines.push(line));
  await fetch(`${api.url}/render?target=a.*&from=-5min`, {
    headers: { 'x-dashboard-uid': 'cpu', 'x-panel-id': '4' },
  }).then((response) => response.text());
  await fetch(`${api.url}/no/such/${'x'.repeat(50)}`);
  const variables = (await (await fetch(`${api.url}/debug/vars`)).json()) as Record<
    string,
    unknown
  >;
  assert.equal(variables['series_read_total'], 20);
  assert.deepEqual(Object.keys(variables['endpoints'] as object).sort(), ['other', 'render']);
  const text = await (await fetch(`${api.url}/metrics`)).text();
  assert.match(text, /^carbonapi_requests_total\{endpoint="render",status="2xx"\} 1$/m);
  assert.match(text, /^carbonapi_request_seconds_bucket\{endpoint="render",le="\+Inf"\} 1$/m);
  const line = lines.find((each) => each.includes('path=/render'));
  assert.match(line ?? '', /series=20 .*targets=a\.\* .*dashboard=cpu panel=4/);
  await fetch(`${api.url}/render?target=${'a.'.repeat(9000)}&from=-5min`);
  assert.ok((lines.at(-1) ?? '').length < 1000, 'a long target is cut');
});

test('small endpoints', async (context) => {
  const api = await apiWith(context);
  const text = async (path: string) => (await fetch(api.url + path)).text();
  assert.equal(await text('/lb_check'), 'Ok\n');
  assert.equal(JSON.parse(await text('/health')).status, 'ok');
  assert.match(await text('/'), /\/metrics\/find/);
  const info = JSON.parse(await text('/info?target=a.s00'));
  assert.equal(info.memory.retentions[0].secondsPerPoint, 60);
  await refused(api, '/info?target=no.such', 404, /no metric no\.such/);
  await refused(api, '/metrics/find?query=', 400, /query is missing/);
  await refused(api, '/metrics/find?query=a&format=xml', 400, /no find format "xml"/);
  await refused(api, '/tags/findSeries?expr=a!=b', 400, /must require a value/);
  await refused(api, '/functions/nosuch', 404, /no function nosuch/);
});

test('what is worked out once for several requests is counted once', async (context) => {
  const api = await apiWith(context);
  const inner = api.backend.fetch.bind(api.backend);
  const { rendering } = api.service;
  api.backend.fetch = async (wanted) => {
    while (rendering.joined < 4) await new Promise(setImmediate);
    return inner(wanted);
  };
  const url = `${api.url}/render?target=a.s01&from=-5min`;
  await Promise.all([1, 2, 3, 4, 5].map(async () => (await fetch(url)).text()));
  const { storeRequests, series } = api.service.statistics;
  assert.deepEqual([storeRequests, series], [1, 1]);
});
