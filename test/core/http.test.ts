// The HTTP layer: parameters from every place, bounded bodies, errors as text, compression.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import fc from 'fast-check';
import { type HttpRequest, jsonAnswer, startHttpServer } from '../../bundle/core/http.ts';
import { createLogger, type Logger, silentLogger } from '../../bundle/core/log.ts';

async function serve(
  t: TestContext,
  options: { log?: Logger; bodyBytesMax?: number; readsForms?: boolean } = {},
) {
  const service = await startHttpServer({
    name: 'test',
    address: { host: '127.0.0.1', port: 0 },
    log: silentLogger,
    bodyBytesMax: 1000,
    ...options,
    route: (_method, path) => {
      if (path === '/echo') {
        return ({ parameters, body }: HttpRequest) =>
          jsonAnswer({ all: [...parameters], bytes: body.length });
      }
      if (path === '/big') return () => jsonAnswer('x'.repeat(5000));
      if (path === '/boom')
        return () => {
          throw new Error('secret detail');
        };
      return undefined;
    },
  });
  t.after(() => service.stop());
  return `http://127.0.0.1:${service.address.port}`;
}

test('query and form parameters are one list', async (t) => {
  const base = await serve(t);
  const response = await fetch(`${base}/echo/?a=1`, {
    method: 'POST',
    body: new URLSearchParams([
      ['a', '2'],
      ['b', 'x y'],
    ]),
  });
  assert.deepEqual(((await response.json()) as { all: unknown }).all, [
    ['a', '1'],
    ['a', '2'],
    ['b', 'x y'],
  ]);
});

test('a long address is read', async (t) => {
  const base = await serve(t);
  const answer = await fetch(`${base}/echo?a=${'x'.repeat(40_000)}`);
  const { all } = (await answer.json()) as { all: [string, string][] };
  assert.equal(all[0]?.[1].length, 40_000);
});

test('errors are short texts with the right status', async (t) => {
  const base = await serve(t);
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(base + path, init);
    return [response.status, await response.text()] as const;
  };
  assert.equal((await get('/none'))[0], 404);
  assert.deepEqual(await get('/boom'), [500, 'internal error, see the log\n']);
  assert.equal((await get('/echo', { method: 'POST', body: 'x'.repeat(2000) }))[0], 413);
  assert.equal((await get('/%ff'))[0], 400);
  assert.equal((await get('/big', { headers: { 'accept-encoding': 'gzip' } }))[1].length, 5002);
});

test('binary junk on the port is answered and closed', async (t) => {
  const base = await serve(t);
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  socket.write(Buffer.from([0, 1, 2, 255, 13, 10, 13, 10]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 400/);
  socket.destroy();
  assert.equal((await fetch(`${base}/echo`)).status, 200);
});

test('whoever sends too much is told so, though it is still sending', async (t) => {
  const base = await serve(t);
  for (const head of ['Content-Length: 30000000', 'Transfer-Encoding: chunked']) {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.write(`POST /echo HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
    socket.write(`${(10_000_000).toString(16)}\r\n${'x'.repeat(10_000_000)}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 413/);
    socket.destroy();
  }
});

test('a client that goes away within its body is no error of the service', async (t) => {
  const logged: string[] = [];
  const base = await serve(t, { log: createLogger('debug', (line) => logged.push(line)) });
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.resume();
  socket.end('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
  await once(socket, 'close');
  await (await fetch(`${base}/echo`)).text();
  assert.deepEqual(logged, []);
});

test('a form in parts has its fields as they were put in, files are left out', async (t) => {
  const base = await serve(t, { bodyBytesMax: 100_000 });
  const field = fc.tuple(fc.constantFrom('a', 'target', 'x y'), fc.string({ unit: 'grapheme' }));
  await fc.assert(
    fc.asyncProperty(fc.array(field, { maxLength: 8 }), async (fields) => {
      const form = new FormData();
      for (const [name, value] of fields) form.append(name, value);
      form.append('file', new Blob(['x']), 'file.txt');
      const response = await fetch(`${base}/echo`, { method: 'POST', body: form });
      // A form sends every end of a line as these two characters.
      const lines = (text: string): string => text.replace(/\r\n|\r|\n/g, '\r\n');
      const wanted = fields.map(([name, value]) => [name, lines(value)]);
      assert.deepEqual(((await response.json()) as { all: unknown }).all, wanted);
    }),
    { numRuns: 50 },
  );
});

test('what is no form in parts, or one of very many, is refused', async (t) => {
  const base = await serve(t, { bodyBytesMax: 10_000_000 });
  const headers = { 'content-type': 'multipart/form-data; boundary=X' };
  const post = async (body: string): Promise<[number, string]> => {
    const response = await fetch(`${base}/echo`, { method: 'POST', headers, body });
    return [response.status, await response.text()];
  };
  const cut = '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1';
  const said = 'the body is not the multipart/form-data that it is said to be\n';
  assert.deepEqual(await post(cut), [400, said]);
  assert.deepEqual(await post('a=1'), [400, said]);
  const part = '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n';
  const many = `${part.repeat(100_001)}--X--\r\n`;
  assert.deepEqual(await post(many), [400, 'a form may have 100000 parameters\n']);
});

test('a form of very many parameters is refused before they are made', async (t) => {
  const body = Buffer.from('a&'.repeat(100_001));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const post = async (base: string) => {
    const response = await fetch(`${base}/echo`, { method: 'POST', body, headers });
    return [response.status, await response.text()];
  };
  const refusing = await serve(t, { bodyBytesMax: 1 << 20 });
  assert.deepEqual(await post(refusing), [400, 'a form may have 100000 parameters\n']);
  const raw = await serve(t, { bodyBytesMax: 1 << 20, readsForms: false });
  assert.deepEqual(await post(raw), [200, '{"all":[],"bytes":200002}']);
});

test('a taken port is told in a sentence', async (t) => {
  const base = await serve(t);
  const port = Number(new URL(base).port);
  await assert.rejects(
    startHttpServer({
      name: 'carbonapi',
      address: { host: '127.0.0.1', port },
      log: silentLogger,
      bodyBytesMax: 1,
      route: () => undefined,
    }),
    { message: `carbonapi cannot listen on 127.0.0.1:${port}: another process listens there` },
  );
});

test('a client that takes nothing of its answer is dropped, one that pauses between requests is not', async (t) => {
  const service = await startHttpServer({
    name: 'test',
    address: { host: '127.0.0.1', port: 0 },
    log: silentLogger,
    bodyBytesMax: 1000,
    stalledMs: 50,
    route: (_method, path) => () => ({ body: path === '/huge' ? Buffer.alloc(64e6) : 'ok' }),
  });
  t.after(() => service.stop());
  const ask = async (path: string) => {
    const accepted = once(service.server, 'connection');
    const client = connect(service.address.port, '127.0.0.1');
    t.after(() => client.destroy());
    client.pause().write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [socket] = (await accepted) as [Socket];
    return { client, socket };
  };
  const kept = await ask('/small');
  const stalled = await ask('/huge');
  await once(stalled.socket, 'close');
  assert.equal(kept.socket.destroyed, false);
  kept.client.resume();
  kept.client.write('GET /small HTTP/1.1\r\nHost: x\r\n\r\n');
  const [text] = await once(kept.client, 'data');
  assert.match(String(text), /ok$/);
});
