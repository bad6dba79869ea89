import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { logIn, startInstance, type TestInstance } from './dashboard-service.ts';
import {
  type ScriptedCarbonapi,
  startScriptedCarbonapi,
  usualScript,
} from './scripted-carbonapi.ts';

describe('the way to carbonapi', () => {
  let carbonapi: ScriptedCarbonapi;
  let instance: TestInstance;
  let cookie: string;
  const proxy = '/api/datasources/proxy/uid/DkuCarbonAPI';

  before(async () => {
    carbonapi = await startScriptedCarbonapi();
    instance = await startInstance({
      carbonapi: `${carbonapi.url}/graphite/`,
      carbonapiTimeoutSeconds: 1,
      requestsMax: 2,
    });
    cookie = await logIn(instance.url);
  });
  beforeEach(() => {
    carbonapi.asked.length = 0;
    carbonapi.script = usualScript;
  });
  after(async () => {
    await instance.stop();
    await carbonapi.stop();
  });
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${instance.url}${path}`, { ...init, headers: { cookie, ...init.headers } });

  test('a form with several targets arrives as it was sent', async () => {
    const body = new URLSearchParams([
      ['target', 'aliasSub(a.*, "^(.*)$", "\\1 x&y")'],
      ['target', 'b;tag=ü'],
      ['from', '-1h'],
    ]);
    await get(`${proxy}/render?meta=true`, {
      method: 'POST',
      body,
      headers: { 'x-panel-id': '7', authorization: 'Bearer x' },
    });
    const asked = carbonapi.asked[0];
    assert.equal(asked?.path, '/graphite/render');
    assert.deepEqual(asked.parameters.getAll('target'), body.getAll('target'));
    assert.equal(asked.parameters.get('meta'), 'true');
    assert.equal(asked.headers['x-panel-id'], '7');
  });

  test('the session cookie and credentials stay here', async () => {
    await get(`${proxy}/render?target=a`, { headers: { authorization: 'Basic eDp5' } });
    assert.equal(carbonapi.asked[0]?.headers.cookie, undefined);
    assert.equal(carbonapi.asked[0]?.headers.authorization, undefined);
  });

  test('only known paths are passed on', async () => {
    const passed = [
      '/render',
      '/metrics/find',
      '/metrics/expand',
      '/functions',
      '/functions/sum',
      '/tags',
      '/tags/host',
      '/tags/autoComplete/values',
      '/events/get_data',
      '/version',
    ];
    for (const path of passed) assert.equal((await get(proxy + path)).status, 200, path);
    carbonapi.asked.length = 0;
    const refused = [
      '/admin',
      '/render/../admin',
      '/tags/delSeries',
      '/tags/delSeries/x',
      '/events',
      '/debug/vars',
      '/tags/a%2f..%2fadmin',
      '/metrics',
      '/render%3f',
      '/@evil.example/render',
    ];
    for (const path of refused) assert.notEqual((await get(proxy + path)).status, 200, path);
    for (const path of ['/tags/tagSeries', '/tags/delSeries', '/tags/host'])
      assert.equal((await get(proxy + path, { method: 'POST' })).status, 404, path);
    assert.deepEqual(carbonapi.asked, []);
    assert.equal((await get(`${proxy}/render`, { method: 'DELETE' })).status, 404);
  });

  test('what carbonapi complains about comes through with its status', async () => {
    carbonapi.script = () => ({
      status: 400,
      contentType: 'text/plain',
      body: 'unknown function "foo"',
    });
    const answer = await get(`${proxy}/render?target=foo(a)`);
    assert.equal(answer.status, 400);
    assert.equal(await answer.text(), 'unknown function "foo"');
  });

  test('an answer that is a page cannot act as one of ours', async () => {
    carbonapi.script = () => ({
      contentType: 'image/svg+xml',
      body: '<svg><script>1</script></svg>',
    });
    const { headers } = await get(`${proxy}/render?format=svg`);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('set-cookie'), null);
  });

  test('silence is given up, a closed port is told', async () => {
    carbonapi.script = () => undefined;
    const answer = await get(`${proxy}/render?target=a`);
    assert.equal(answer.status, 504);
    assert.match(await answer.text(), /did not answer within 1 s/);
    const other = await startInstance({ carbonapi: 'http://127.0.0.1:1' });
    try {
      const headers = { cookie: await logIn(other.url) };
      const refused = await fetch(`${other.url}${proxy}/render?target=a`, { headers });
      assert.equal(refused.status, 502);
      assert.match(await refused.text(), /cannot reach carbonapi at 127\.0\.0\.1:1/);
    } finally {
      await other.stop();
    }
  });

  test('a kept connection that carbonapi has closed costs no answer', async () => {
    const used = new WeakSet<object>();
    carbonapi.script = (_request, response) => {
      const { socket } = response.req;
      if (used.has(socket)) {
        socket.destroy();
        return undefined;
      }
      used.add(socket);
      return { body: '[]' };
    };
    for (let n = 0; n < 4; n++)
      assert.equal((await get(`${proxy}/render?target=a`)).status, 200, `question ${n}`);
  });

  test('a client that leaves ends the question to carbonapi', async () => {
    let closed: (() => void) | undefined;
    const ended = new Promise<void>((resolve) => {
      closed = resolve;
    });
    let arrived: (() => void) | undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    carbonapi.script = (_request, response) => {
      response.on('close', () => closed?.());
      arrived?.();
      return undefined;
    };
    const abort = new AbortController();
    const question = get(`${proxy}/render?target=a`, { signal: abort.signal });
    await arrival;
    abort.abort();
    await assert.rejects(question);
    await ended;
  });

  test('more requests than allowed at once get 503', async () => {
    const waiting: (() => void)[] = [];
    carbonapi.script = () =>
      new Promise((resolve) => {
        waiting.push(() => resolve({ body: '[]' }));
        if (waiting.length === 2) full?.();
      });
    let full: (() => void) | undefined;
    const isFull = new Promise<void>((resolve) => {
      full = resolve;
    });
    const held = [get(`${proxy}/render?target=a`), get(`${proxy}/render?target=b`)];
    await isFull;
    assert.equal((await get(`${proxy}/render?target=c`)).status, 503);
    for (const answer of waiting) answer();
    for (const answer of await Promise.all(held)) assert.equal(answer.status, 200);
  });
});
