// Clients that mean harm or know no better: memory stays bounded and others are served.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fetchSeries, metricToPath } from '../../bundle/whisper/index.ts';
import {
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
} from './carbon-process.ts';

const noProc = process.platform === 'linux' ? false : 'reads /proc, which is Linux';

function peakMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

const write = (socket: Socket, data: Buffer | string): Promise<void> =>
  new Promise((resolve) => socket.write(data, () => resolve()));

test('a stream of 1 GB without a line feed takes no memory', { skip: noProc }, async (t) => {
  const directory = makeInstance({});
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const socket = connect(carbon.ports['tcp'] as number, '127.0.0.1');
  await once(socket, 'connect');
  socket.resume();
  const before = peakMebibytes(carbon.pid);
  const piece = Buffer.alloc(4 << 20, 'x');
  for (let k = 0; k < 256; k++) await write(socket, piece);
  const time = Math.floor(Date.now() / 1000) - 10;
  socket.end(`\nafter.it 1 ${time}\n`);
  await once(socket, 'close');
  const grown = peakMebibytes(carbon.pid) - before;
  assert.ok(grown < 250, `${grown} MiB more at the peak`);
  const path = join(directory, 'storage/whisper', metricToPath('after.it'));
  await carbon.end('SIGTERM');
  assert.equal(fetchSeries(path, time - 1, time, time + 10)?.values[0], 1);
});

test('a thousand slow connections are all served', { skip: noProc }, async (t) => {
  const directory = makeInstance({});
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const port = carbon.ports['tcp'] as number;
  const time = Math.floor(Date.now() / 1000) - 10;
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let k = 0; k < 1000; k++) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    socket.resume();
  }
  const lines = sockets.map((_, k) => `slow.s${k} ${k} ${time}\n`);
  await Promise.all(sockets.map((socket, k) => write(socket, (lines[k] as string).slice(0, 8))));
  await sendTcp(port, `fast.one 1 ${time}\n`);
  for (const [k, socket] of sockets.entries()) {
    const rest = (lines[k] as string).slice(8);
    for (const letter of rest) socket.write(letter);
  }
  await Promise.all(
    sockets.map(async (socket) => {
      socket.end();
      await once(socket, 'close');
    }),
  );
  assert.equal(await carbon.end('SIGTERM'), 0);
  for (let k = 0; k < 1000; k++) {
    const path = join(directory, 'storage/whisper', metricToPath(`slow.s${k}`));
    assert.equal(fetchSeries(path, time - 1, time, time + 10)?.values[0], k);
  }
});

test('connections leave descriptors for journal and files', { skip: noProc }, async (t) => {
  const directory = makeInstance({ persister: { intervalSeconds: 0.1 } });
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory, 256);
  t.after(() => carbon.end('SIGKILL'));
  const time = Math.floor(Date.now() / 1000) - 10;
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let k = 0; k < 300; k++) {
    const socket = connect(carbon.ports['tcp'] as number, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    socket.resume();
    // Those beyond are refused.
    if (k < 20) await once(socket, 'connect');
    socket.write(`many.s${k} ${k} ${time}\n`);
  }
  // While they all stand.
  for (let k = 0; k < 20; k++) {
    const path = join(directory, 'storage/whisper', metricToPath(`many.s${k}`));
    const stored = (): number | undefined =>
      fetchSeries(path, time - 1, time, time + 10)?.values[0];
    await waitFor(`series ${k}`, () => existsSync(path) && stored() === k);
  }
  assert.doesNotMatch(carbon.log(), /EMFILE/);
});

test('a flood of new names stops at the limit of series', { skip: noProc }, async (t) => {
  const directory = makeInstance({
    limits: { seriesMax: 1000 },
    persister: { intervalSeconds: 3600 },
  });
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const time = Math.floor(Date.now() / 1000) - 10;
  const before = peakMebibytes(carbon.pid);
  let lines = '';
  for (let k = 0; k < 200_000; k++) lines += `flood.s${k} 1 ${time}\n`;
  await sendTcp(carbon.ports['tcp'] as number, lines);
  const base = `http://127.0.0.1:${carbon.ports['carbonserver']}`;
  const found = await waitFor('an answer', async () =>
    (await fetch(`${base}/metrics/find/?query=flood.*&format=json`)).text(),
  );
  assert.equal(found.match(/flood\.s/g)?.length, 1000);
  assert.ok(peakMebibytes(carbon.pid) - before < 250);
});
