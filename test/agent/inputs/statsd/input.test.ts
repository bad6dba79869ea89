// The StatsD input through its real doors: UDP, TCP, unix socket, management port, events, kept gauges.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { InputContext, RunningInput } from '../../../../bundle/agent/inputs/input.ts';
import { statsd } from '../../../../bundle/agent/inputs/statsd/index.ts';
import { valueTypes } from '../../../../bundle/agent/value-types.ts';
import { silentLogger } from '../../../../bundle/core/log.ts';

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (check()) return;
    await delay(10);
  }
  assert.fail('it did not happen');
}

interface Started {
  input: RunningInput;
  points: Map<string, number>;
  directory: string;
}

async function start(
  t: TestContext,
  options: Record<string, unknown>,
  directory = mkdtempSync(join(tmpdir(), 'dkm-statsd-')),
): Promise<Started> {
  const points = new Map<string, number>();
  const context: InputContext = {
    log: silentLogger,
    hostName: 'h',
    intervalMs: 10_000,
    types: valueTypes,
    now: Date.now,
    emit: () => {},
    emitPoint: (name, value) => points.set(name, value),
    storageDirectory: () => directory,
  };
  const checked = statsd.options.parse({ udp: '', management: '', flushInterval: 60, ...options });
  const input = await statsd.start(checked, context);
  t.after(async () => {
    await input.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return { input, points, directory };
}

const taken = (input: RunningInput): number => input.statistics?.()['metrics'] ?? 0;

async function sendUdp(port: number, ...packets: string[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const packet of packets)
    await new Promise((resolve) => socket.send(packet, port, '127.0.0.1', resolve));
  socket.close();
}

test('UDP, TCP and a unix socket feed one aggregate', async (t) => {
  const [udp, tcp] = [await freePort(), await freePort()];
  const directory = mkdtempSync(join(tmpdir(), 'dkm-statsd-'));
  const path = join(directory, 's.sock');
  const { input, points } = await start(
    t,
    { udp: `127.0.0.1:${udp}`, tcp: `127.0.0.1:${tcp}`, socket: path },
    directory,
  );
  await sendUdp(udp, 'hits:1|c\nhits:2|c');
  const stream = connect(tcp, '127.0.0.1');
  stream.write('hits:4');
  stream.end('|c\nhits:8|c');
  connect(path).end('hits:16|c\n');
  await until(() => taken(input) === 5);
  await input.stop();
  assert.equal(points.get('stats.counters.hits.count'), 31);
  assert.equal(points.get('stats.counters.statsd.metrics_received.count'), 5);
});

test('a stream without line ends is bounded and its connection goes on', async (t) => {
  const tcp = await freePort();
  const { input, points } = await start(t, { tcp: `127.0.0.1:${tcp}` });
  const socket = connect(tcp, '127.0.0.1');
  socket.write('x'.repeat(5_000_000));
  socket.end('\nafter:1|c\n');
  await until(() => taken(input) === 1);
  assert.ok((input.statistics?.()['badLines'] ?? 0) >= 1);
  await input.stop();
  assert.equal(points.get('stats.counters.after.count'), 1);
});

test('limits drop and count', async (t) => {
  const udp = await freePort();
  const { input } = await start(t, {
    udp: `127.0.0.1:${udp}`,
    namesMax: 2,
    setMembersMax: 2,
    timerValuesMax: 2,
  });
  await sendUdp(udp, 'a:1|s\na:2|s\na:3|s\nb:1|ms\nb:1|ms\nb:1|ms\nc:1|c');
  await until(() => taken(input) === 7);
  assert.equal(input.statistics?.()['overLimit'], 3);
});

test('gauges outlive a restart, and a change applies to the kept value', async (t) => {
  const udp = await freePort();
  const options = { udp: `127.0.0.1:${udp}` };
  const first = await start(t, options);
  await sendUdp(udp, 'level:7|g');
  await until(() => taken(first.input) === 1);
  await first.input.stop();
  const second = await start(t, options, first.directory);
  await sendUdp(udp, 'level:-2|g');
  await until(() => taken(second.input) === 1);
  await second.input.stop();
  assert.equal(second.points.get('stats.gauges.level'), 5);
});

test('idle names are sent for a while and then forgotten', async (t) => {
  const udp = await freePort();
  const { input, points } = await start(t, {
    udp: `127.0.0.1:${udp}`,
    flushInterval: 0.05,
    idleFlushes: 1,
    gaugeIdleFlushes: 2,
  });
  await sendUdp(udp, 'brief:1|c\nlevel:1|g');
  await until(() => points.get('stats.counters.brief.count') === 1);
  await until(() => points.get('stats.counters.brief.count') === 0);
  await until(() => (input.statistics?.()['names'] ?? 99) <= 4); // statsd's own three counters and the lag
  points.clear();
  await until(() => points.has('stats.statsd.numStats'));
  assert.equal(points.has('stats.counters.brief.count'), false);
  assert.equal(points.has('stats.gauges.level'), false);
});

test('the management port answers statsd’s commands', async (t) => {
  const [udp, management] = [await freePort(), await freePort()];
  const { input } = await start(t, {
    udp: `127.0.0.1:${udp}`,
    management: `127.0.0.1:${management}`,
  });
  await sendUdp(udp, 'a.x:1|c\na.y:2|c\nb:3|g\nt:5|ms');
  await until(() => taken(input) === 4);
  const ask = async (command: string): Promise<string> => {
    const socket = connect(management, '127.0.0.1');
    socket.write(`${command}\nquit\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  };
  assert.deepEqual(JSON.parse((await ask('counters')).split('\n')[0] ?? ''), {
    'a.x': 1,
    'a.y': 2,
  });
  assert.deepEqual(JSON.parse((await ask('timers')).split('\n')[0] ?? ''), { t: [5] });
  assert.match(
    await ask('stats'),
    /uptime: \d+\n[\s\S]*messages\.bad_lines_seen: 0\n[\s\S]*END\n\n/,
  );
  assert.equal(
    await ask('delcounters a.* none'),
    'deleted: a.x\ndeleted: a.y\nmetric none not found\nEND\n\n',
  );
  assert.equal(await ask('health'), 'health: up\n');
  assert.equal(await ask('health down'), 'health: down\n');
  assert.equal(await ask('nonsense'), 'ERROR\n');
  assert.match(await ask('config'), /^\nenabled: false\n/);
});

test('DogStatsD events are posted, and counted when nobody takes them', async (t) => {
  const bodies: unknown[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    bodies.push(JSON.parse(text));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const udp = await freePort();
  const eventsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  const { input } = await start(t, { udp: `127.0.0.1:${udp}`, eventsUrl });
  await sendUdp(udp, '_e{6,4}:deploy|text|d:1700000000|#env:prod');
  await until(() => input.statistics?.()['eventsSent'] === 1);
  assert.deepEqual(bodies, [
    { what: 'deploy', data: 'text', tags: ['env:prod'], when: 1700000000 },
  ]);
  server.close();
  server.closeAllConnections();
  await sendUdp(udp, '_e{6,4}:deploy|text');
  await until(() => input.statistics?.()['eventsDropped'] === 1);
});

test('packets are repeated, and a taken port opens no other door', async (t) => {
  const copy = createSocket('udp4').bind(0, '127.0.0.1');
  await once(copy, 'listening');
  t.after(() => copy.close());
  const udp = await freePort();
  await start(t, { udp: `127.0.0.1:${udp}`, repeat: [`127.0.0.1:${copy.address().port}`] });
  const arrived = once(copy, 'message');
  await sendUdp(udp, 'a:1|c');
  assert.equal(String((await arrived)[0]), 'a:1|c');
  const tcp = await freePort();
  await assert.rejects(
    start(t, { tcp: `127.0.0.1:${tcp}`, management: `127.0.0.1:${tcp}` }),
    /StatsD management cannot listen/,
  );
  await assert.rejects(once(connect(tcp, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
});
