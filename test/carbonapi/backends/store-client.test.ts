import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AnswerReader } from '../../../bundle/carbonapi/backends/http-connection.ts';
import { StoreClient } from '../../../bundle/carbonapi/backends/store-client.ts';
import { startBareServer } from './fake-store.ts';

const options = { timeoutMs: 2000, retries: 1, connections: 2, answerBytes: 1000 };

function answered(text: string): AnswerReader {
  const reader = new AnswerReader(1000);
  reader.push(Buffer.from(text, 'latin1'));
  return reader;
}

test('an answer reads the same however it is cut', () => {
  const answers: [string, string][] = [
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', ''],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n',
      'hello',
    ],
    [
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n',
      'hello',
    ],
  ];
  for (const [text, body] of answers) {
    for (let cut = 0; cut <= text.length; cut++) {
      const reader = new AnswerReader(1000);
      reader.push(Buffer.from(text.slice(0, cut)));
      if (cut < text.length) assert.equal(reader.isComplete, false, `${cut} of ${text}`);
      reader.push(Buffer.from(text.slice(cut)));
      assert.equal(reader.isComplete, true, `cut at ${cut} of ${text}`);
      assert.equal(reader.body.toString(), body);
      assert.equal(reader.status, 200);
      assert.equal(reader.keepsAlive, true);
    }
  }
});

test('an answer without a length ends with its connection', () => {
  const reader = answered('HTTP/1.0 200 OK\r\n\r\nhello');
  assert.equal(reader.isComplete, false);
  reader.end();
  assert.equal(reader.isComplete, true);
  assert.equal(reader.keepsAlive, false);
});

test('what is not HTTP, or too much, is refused', () => {
  assert.throws(() => answered('SSH-2.0-x\r\n\r\n'), /does not answer in HTTP/);
  assert.throws(() => answered(`HTTP/1.1 200 OK\r\n${'x'.repeat(70_000)}`), /no end of its header/);
  assert.throws(() => answered('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n'), RangeError);
  assert.throws(
    () => answered('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
    /bad chunk/,
  );
  assert.throws(
    () =>
      answered(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`,
      ),
    RangeError,
  );
});

async function clientOf(
  context: TestContext,
  serve: Parameters<typeof startBareServer>[0],
  more: Partial<typeof options> = {},
) {
  const server = await startBareServer(serve);
  const client = new StoreClient(server.url, { ...options, ...more });
  context.after(async () => {
    client.stop();
    await server.stop();
  });
  return { server, client };
}

const okay = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('a connection is kept and used again', async (context) => {
  const { server, client } = await clientOf(context, (socket) => {
    socket.on('data', () => socket.write(okay));
  });
  for (let i = 0; i < 5; i++)
    assert.equal((await client.send({ method: 'GET', path: '/' })).body.toString(), 'ok');
  assert.equal(server.connections, 1);
});

test('an answer that ends with its connection is whole', async (context) => {
  const { client } = await clientOf(context, (socket) => {
    socket.on('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nhello'));
  });
  for (let i = 0; i < 2; i++)
    assert.equal((await client.send({ method: 'GET', path: '/' })).body.toString(), 'hello');
});

test('no more connections are opened than allowed, and everybody is served', async (context) => {
  const { server, client } = await clientOf(context, (socket) => {
    socket.on('data', () => setImmediate(() => socket.write(okay)));
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => client.send({ method: 'GET', path: '/' })),
  );
  assert.equal(answers.length, 20);
  assert.equal(server.connections, 2);
});

test('a kept connection that the store has closed is replaced', async (context) => {
  const { server, client } = await clientOf(
    context,
    (socket) => {
      // Each connection serves one request and then breaks when the next one arrives.
      let served = 0;
      socket.on('data', () => (++served === 1 ? socket.write(okay) : socket.destroy()));
    },
    { retries: 0 },
  );
  for (let i = 0; i < 3; i++)
    assert.equal((await client.send({ method: 'GET', path: '/' })).status, 200);
  assert.equal(server.connections, 3);
});

test('a store that is gone, silent or babbling is named in the error', async (context) => {
  const gone = new StoreClient('http://127.0.0.1:1', options);
  await assert.rejects(gone.send({ method: 'GET', path: '/' }), {
    code: 'store-unavailable',
    message: /^the store http:\/\/127\.0\.0\.1:1 does not answer/,
  });
  const silent = await clientOf(context, () => {}, { timeoutMs: 50, retries: 0 });
  await assert.rejects(silent.client.send({ method: 'GET', path: '/' }), {
    code: 'store-unavailable',
    message: /no answer within 50 ms/,
  });
  const large = await clientOf(context, (socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n'));
  });
  await assert.rejects(large.client.send({ method: 'GET', path: '/' }), {
    code: 'store-answer-too-large',
  });
});

test('a request that is given up closes its connection', async (context) => {
  const abort = new AbortController();
  const closed = new Promise<void>((resolve) => {
    void clientOf(context, (socket) => {
      socket.on('data', () => abort.abort());
      socket.on('close', () => resolve());
    }).then(({ client }) =>
      assert.rejects(client.send({ method: 'GET', path: '/', signal: abort.signal }), {
        code: 'cancelled',
      }),
    );
  });
  await closed;
});

test('a request given up while it waits for a connection is never sent', async (context) => {
  const asked: string[] = [];
  const first = new AbortController();
  const second = new AbortController();
  const { client } = await clientOf(
    context,
    (socket) => {
      socket.on('data', (data) => {
        const path = String(data).split(' ')[1] ?? '';
        asked.push(path);
        if (path !== '/first') socket.write(okay);
        else {
          second.abort();
          first.abort();
        }
      });
    },
    { connections: 1 },
  );
  const send = (path: string, signal: AbortSignal) => client.send({ method: 'GET', path, signal });
  const given = [send('/first', first.signal), send('/second', second.signal)];
  for (const one of given) await assert.rejects(one, { code: 'cancelled' });
  assert.equal((await client.send({ method: 'GET', path: '/third' })).status, 200);
  assert.deepEqual(asked, ['/first', '/third']);
});

test('who waits for a connection does not wait for ever', async (context) => {
  const { client } = await clientOf(context, () => {}, {
    connections: 1,
    timeoutMs: 100,
    retries: 0,
  });
  const given = [0, 1, 2].map((i) => client.send({ method: 'GET', path: `/${i}` }));
  const messages = await Promise.allSettled(given);
  const text = messages.map((one) => (one.status === 'rejected' ? String(one.reason) : '')).join();
  assert.match(text, /no answer within 100 ms/);
  assert.match(text, /none of 1 connections was free within 100 ms/);
});
