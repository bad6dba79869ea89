// One suite over all receivers: split frames, limits, bad input, back-pressure, an orderly stop.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { startFramedReceiver } from '../../../bundle/carbon/receivers/framed.ts';
import { startHttpReceiver } from '../../../bundle/carbon/receivers/http.ts';
import { decodePickle } from '../../../bundle/carbon/receivers/pickle-decoder.ts';
import { decodeProtobuf } from '../../../bundle/carbon/receivers/protobuf-decoder.ts';
import type { Receiver } from '../../../bundle/carbon/receivers/receiver.ts';
import { startTcpReceiver } from '../../../bundle/carbon/receivers/tcp.ts';
import { startUdpReceiver } from '../../../bundle/carbon/receivers/udp.ts';
import { sendTcp, waitFor } from '../carbon-process.ts';
import { encodePayload } from './payload.ts';
import { createReceiving, type Receiving } from './receiving.ts';

const address = { host: '127.0.0.1', port: 0 };
const time = 1_600_000_000;
const limits = { connectionsMax: 100, idleTimeoutSeconds: 600 };

const lines = (names: string[], value = 1): Buffer =>
  Buffer.from(names.map((name) => `${name} ${value} ${time}\n`).join(''));

function frame(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Protocol 2, as Python writes it. */
function pickle(names: string[], value = 1): Buffer {
  const points = names.map((name) => {
    const text = Buffer.from(name);
    const number = Buffer.alloc(14);
    number.writeUInt8(0x4a, 0);
    number.writeInt32LE(time, 1);
    number.writeUInt8(0x47, 5);
    number.writeDoubleBE(value, 6);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return Buffer.concat([Buffer.from('X'), length, text, number, Buffer.from([0x86, 0x86])]);
  });
  return Buffer.concat([Buffer.from([0x80, 2, 0x5d, 0x28]), ...points, Buffer.from('e.')]);
}

const payload = (names: string[], value = 1): Buffer =>
  encodePayload(names.map((name) => [name, [[time, value]]]));

interface StreamKind {
  name: string;
  encode(names: string[], value?: number): Buffer;
  start(receiving: Receiving, options?: object): Promise<Receiver>;
}

const streamKinds: StreamKind[] = [
  {
    name: 'tcp',
    encode: lines,
    start: (receiving, options) =>
      startTcpReceiver({ address, lineBytesMax: 1000, ...limits, ...options }, receiving),
  },
  {
    name: 'pickle',
    encode: (names, value) => frame(pickle(names, value)),
    start: (receiving, options) =>
      startFramedReceiver(
        'pickle',
        decodePickle,
        { address, frameBytesMax: 1 << 20, ...limits, ...options },
        receiving,
      ),
  },
  {
    name: 'protobuf',
    encode: (names, value) => frame(payload(names, value)),
    start: (receiving, options) =>
      startFramedReceiver(
        'protobuf',
        decodeProtobuf,
        { address, frameBytesMax: 1 << 20, ...limits, ...options },
        receiving,
      ),
  },
];

async function dial(t: TestContext, receiver: Receiver): Promise<Socket> {
  const socket = connect(receiver.address.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

for (const { name, encode, start } of streamKinds) {
  test(`${name}: points arrive however the stream is cut`, async (t) => {
    const receiving = createReceiving();
    const receiver = await start(receiving);
    t.after(() => receiver.stop());
    const bytes = Buffer.concat([encode(['a.b', 'a.c']), encode(['a.b'], 2), encode(['a.d'])]);
    const socket = await dial(t, receiver);
    socket.setNoDelay(true);
    for (const byte of bytes) {
      await new Promise<void>((resolve) => socket.write(Buffer.of(byte), () => resolve()));
    }
    socket.end();
    await once(socket, 'close');
    assert.deepEqual(receiving.points('a.b'), [
      [time, 1],
      [time, 2],
    ]);
    assert.deepEqual(receiving.points('a.c'), [[time, 1]]);
    assert.deepEqual(receiving.points('a.d'), [[time, 1]]);
    assert.equal(receiver.counters.received, 4);
    assert.equal(receiver.counters.errors, 0);
  });

  test(`${name}: connections beyond the limit and idle ones are closed`, async (t) => {
    const receiving = createReceiving();
    const receiver = await start(receiving, { connectionsMax: 2, idleTimeoutSeconds: 0.1 });
    t.after(() => receiver.stop());
    const [first, second] = [await dial(t, receiver), await dial(t, receiver)];
    await waitFor('two connections', () => receiver.counters.active === 2);
    const third = await dial(t, receiver);
    await once(third, 'close');
    assert.equal(receiver.counters.refusedConnections, 1);
    await Promise.all([once(first, 'close'), once(second, 'close')]);
  });

  test(`${name}: when the cache is full the sender waits and nothing is lost`, async (t) => {
    const receiving = createReceiving({ bytesMax: 3 << 20 });
    const receiver = await start(receiving);
    t.after(() => receiver.stop());
    const names = Array.from({ length: 500 }, (_, k) => `full.series${k}`);
    const bytes = encode(names);
    const rounds = 600; // 300 000 points of 16 bytes do not fit in 3 MiB
    const sent = sendTcp(receiver.address.port, Buffer.concat(Array(rounds).fill(bytes)));
    let settled = 0;
    await waitFor('the gate to close', () => !receiving.gate.isOpen);
    const timer = setInterval(() => {
      settled += receiving.cache.points;
      receiving.settleAll();
    }, 5);
    t.after(() => clearInterval(timer));
    await sent;
    assert.equal(receiver.counters.received, names.length * rounds);
    assert.equal(receiver.counters.errors, 0);
    assert.equal(settled + receiving.cache.points, names.length * rounds);
    assert.ok(receiving.gate.closings > 0);
  });

  test(`${name}: a stop takes what was sent before it`, async (t) => {
    const receiving = createReceiving();
    const receiver = await start(receiving);
    const socket = await dial(t, receiver);
    const names = Array.from({ length: 300 }, (_, k) => `stop.series${k}`);
    const bytes = Buffer.concat(Array(100).fill(encode(names)));
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    await receiver.stop();
    assert.equal(receiving.cache.points, 30_000);
    await waitFor('the connection to be gone', () => receiver.counters.active === 0);
  });

  test(`${name}: a peer that is told of the stop can still finish`, async (t) => {
    const receiving = createReceiving();
    const receiver = await start(receiving);
    const socket = connect({
      port: receiver.address.port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    t.after(() => socket.destroy());
    socket.resume();
    socket.once('end', () => socket.end(encode(['under.way'])));
    await once(socket, 'connect');
    await waitFor('the connection', () => receiver.counters.active === 1);
    await receiver.stop();
    assert.deepEqual(receiving.points('under.way'), [[time, 1]]);
  });
}

test('framed: a frame that is too long or cannot be read closes its connection only', async (t) => {
  const receiving = createReceiving();
  const receiver = await (streamKinds[1] as StreamKind).start(receiving);
  t.after(() => receiver.stop());
  const good = await dial(t, receiver);
  const long = await dial(t, receiver);
  long.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  await once(long, 'close');
  const evil = await dial(t, receiver);
  evil.write(frame(Buffer.from("cos\nsystem\n(S'true'\ntR.")));
  await once(evil, 'close');
  assert.equal(receiver.counters.badFrames, 2);
  good.end(frame(pickle(['still.here'])));
  await once(good, 'close');
  assert.deepEqual(receiving.points('still.here'), [[time, 1]]);
});

test('udp: lines, lines over two datagrams, and a last line without line feed', async (t) => {
  const receiving = createReceiving();
  const receiver = await startUdpReceiver(
    { address, lineBytesMax: 1000, receiveBufferBytes: 1 << 20 },
    receiving,
  );
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const send = (text: string): Promise<unknown> =>
    new Promise((resolve) => {
      socket.send(text, receiver.address.port, '127.0.0.1', resolve);
    });
  await send(`u.a 1 ${time}\nu.b 2 ${time}\nu.c 3 16000`);
  await send(`00000\nu.d 4 ${time}`);
  await send(`u.e 5 ${time}\n`);
  await send('half a li');
  await waitFor('the last fragment', () => receiver.counters.received === 5);
  for (const [k, name] of ['u.a', 'u.b', 'u.c', 'u.d', 'u.e'].entries())
    assert.deepEqual(receiving.points(name), [[time, k + 1]]);
  assert.equal(await receiver.kernelDrops(), 0);
  await receiver.stop();
  assert.equal(receiver.counters.refused.unterminated, 1);
});

test('http: three content types, GET for health, 400 for the rest', async (t) => {
  const receiving = createReceiving();
  const options = { address, bodyBytesMax: 1 << 20, connectionsMax: 10, lineBytesMax: 1000 };
  const receiver = await startHttpReceiver(options, receiving);
  t.after(() => receiver.stop());
  const url = `http://127.0.0.1:${receiver.address.port}/`;
  const post = async (body: Buffer, type?: string): Promise<number> => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    const answer = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers });
    await answer.text();
    return answer.status;
  };
  assert.equal(await post(lines(['h.lines'])), 200);
  assert.equal(await post(pickle(['h.pickle']), 'application/python-pickle'), 200);
  assert.equal(await post(payload(['h.protobuf']), 'application/protobuf'), 200);
  for (const name of ['h.lines', 'h.pickle', 'h.protobuf'])
    assert.deepEqual(receiving.points(name), [[time, 1]]);
  assert.equal(await post(Buffer.from('not.ended 1 1600000000')), 400);
  assert.equal(await post(Buffer.from('junk'), 'application/python-pickle'), 400);
  assert.equal(await post(Buffer.from('junk'), 'application/protobuf'), 400);
  assert.equal(await post(Buffer.alloc((1 << 20) + 1)), 413);
  assert.equal(await (await fetch(url)).text(), 'OK\n');
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 400);
  assert.equal(receiver.counters.received, 3);
});

test('http: bodies may be compressed, within the limit; what is refused is told', async (t) => {
  const receiving = createReceiving();
  const options = { address, bodyBytesMax: 100_000, connectionsMax: 10, lineBytesMax: 1000 };
  const receiver = await startHttpReceiver(options, receiving);
  t.after(() => receiver.stop());
  const post = async (body: Buffer, headers: Record<string, string>) => {
    const url = `http://127.0.0.1:${receiver.address.port}/`;
    const answer = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers });
    return [answer.status, await answer.text()] as const;
  };
  const gzip = { 'content-encoding': 'gzip' };
  assert.equal((await post(gzipSync(lines(['z.lines'])), gzip))[0], 200);
  const zipped = { ...gzip, 'content-type': 'application/python-pickle' };
  assert.equal((await post(gzipSync(pickle(['z.pickle'])), zipped))[0], 200);
  assert.equal(
    (await post(deflateSync(lines(['z.d'])), { 'content-encoding': 'deflate' }))[0],
    200,
  );
  for (const name of ['z.lines', 'z.pickle', 'z.d'])
    assert.deepEqual(receiving.points(name), [[time, 1]]);
  assert.equal((await post(gzipSync(Buffer.alloc(1 << 20, 'x')), gzip))[0], 413);
  assert.equal((await post(lines(['z.x']), gzip))[0], 400);
  assert.equal((await post(lines(['z.x']), { 'content-encoding': 'br' }))[0], 415);
  assert.equal(receiver.counters.received, 3);

  const mixed = Buffer.from(`z.good 1 ${time}\nbad\nz.b x ${time}\nz.c y ${time}\n`);
  assert.deepEqual(await post(mixed, {}), [
    400,
    'refused: 1 malformed, 2 bad-value; all other points are taken\n',
  ]);
  assert.deepEqual(receiving.points('z.good'), [[time, 1]]);
});
