import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { namingSchema } from '../../../bundle/agent/naming.ts';
import {
  createDestination,
  type Destination,
  type DestinationOptions,
} from '../../../bundle/agent/outputs/destination.ts';
import type { Carrier } from '../../../bundle/agent/outputs/output.ts';
import { tcp, tls } from '../../../bundle/agent/outputs/stream.ts';
import { Spool } from '../../../bundle/agent/spool/spool.ts';
import { silentLogger } from '../../../bundle/core/log.ts';

/** Resolves once `condition` holds; the runner's time limit is the only clock. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

class FakeServer {
  text = '';
  sockets = new Set<Socket>();
  readonly server: Server;
  constructor(server: Server = createServer()) {
    this.server = server;
    server.on(
      server.listenerCount('secureConnection') >= 0 && 'setSecureContext' in server
        ? 'secureConnection'
        : 'connection',
      (socket: Socket) => {
        this.sockets.add(socket);
        socket.on('data', (bytes) => {
          this.text += bytes;
        });
        socket.on('error', () => {});
        socket.on('close', () => this.sockets.delete(socket));
      },
    );
  }
  async listen(port = 0): Promise<number> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as { port: number }).port;
  }
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
  names(): string[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ')[0]!);
  }
}

interface Setting {
  options?: Partial<DestinationOptions>;
  withSpool?: boolean;
  carrier?: Carrier;
  now?: () => number;
}

function setUp(
  t: TestContext,
  port: number,
  { options, withSpool, carrier, now }: Setting = {},
): Destination {
  const directory = mkdtempSync(join(tmpdir(), 'destination-'));
  const spool = withSpool
    ? new Spool({
        directory,
        bytesMax: 1e7,
        segmentBytes: 200_000,
        ageSecondsMax: 0,
        freeBytesMin: 0,
        log: silentLogger,
      })
    : undefined;
  const destination = createDestination(
    {
      name: 'test',
      host: '127.0.0.1',
      port,
      format: 'plaintext',
      naming: namingSchema().parse({}),
      tls: { ca: '', certificate: '', key: '', serverName: '', verify: true },
      bufferBytesMax: 100_000,
      reconnectMinMs: 10,
      reconnectMaxMs: 20,
      replayPointsPerSecond: 1000,
      ...options,
    },
    {
      carrier: carrier ?? tcp,
      spool,
      log: silentLogger,
      now: now ?? Date.now,
      random: Math.random,
    },
  );
  t.after(async () => {
    await destination.stop(100);
    rmSync(directory, { recursive: true, force: true });
  });
  return destination;
}

const send = (destination: Destination, name: string): void =>
  destination.accept({ bytes: Buffer.from(`${name} 1 2\n`), points: 1 });

test('points given before the connection stands arrive in order', async (t) => {
  const server = new FakeServer();
  t.after(() => server.close());
  const destination = setUp(t, await server.listen());
  destination.start();
  for (const name of ['a', 'b', 'c']) send(destination, name);
  await until(() => server.names().length === 3);
  send(destination, 'd');
  await until(() => server.names().length === 4);
  assert.deepEqual(server.names(), ['a', 'b', 'c', 'd']);
  assert.equal(destination.statistics().sentPoints, 4);
  await destination.stop(1000);
  await destination.stop(1000);
});

test('while the server is away points wait, and it is found again', async (t) => {
  const server = new FakeServer();
  const port = await server.listen();
  await server.close();
  const destination = setUp(t, port);
  destination.start();
  for (let i = 0; i < 10; i++) send(destination, `n${i}`);
  assert.equal(destination.statistics().queuedPoints, 10);
  const again = new FakeServer();
  t.after(() => again.close());
  await again.listen(port);
  await until(() => again.names().length === 10);
  assert.equal(destination.statistics().queuedPoints, 0);
  assert.equal(destination.statistics().droppedPoints, 0);
});

test('without a spool the queue is bounded, the oldest go first and are counted', async (t) => {
  const server = new FakeServer();
  const port = await server.listen();
  await server.close();
  const destination = setUp(t, port, { options: { bufferBytesMax: 700 } });
  destination.start();
  for (let i = 100; i < 300; i++) send(destination, `n${i}`); // 9 bytes each
  const { queuedPoints, droppedPoints } = destination.statistics();
  assert.equal(queuedPoints + droppedPoints, 200);
  assert.ok(queuedPoints <= 77 && queuedPoints > 70);
  const again = new FakeServer();
  t.after(() => again.close());
  await again.listen(port);
  await until(() => again.names().length === queuedPoints);
  assert.equal(again.names().at(-1), 'n299');
});

test('what was sent just before the server was killed is sent again', async (t) => {
  const server = new FakeServer();
  const port = await server.listen();
  const destination = setUp(t, port);
  destination.start();
  send(destination, 'a');
  await until(() => server.names().length === 1);
  await server.close();
  await until(() => !destination.statistics().connected);
  const again = new FakeServer();
  t.after(() => again.close());
  await again.listen(port);
  await until(() => again.names().length === 1);
  assert.equal(destination.statistics().resentPoints, 1);
  assert.equal(destination.statistics().reconnects, 1);
});

test('six hours of outage: no gap, in order, fresh points not held up', async (t) => {
  const server = new FakeServer();
  const port = await server.listen();
  await server.close();
  let nowMs = 1_700_000_000_000;
  const destination = setUp(t, port, {
    withSpool: true,
    now: () => nowMs,
    options: { replayPointsPerSecond: 100_000 },
  });
  destination.start();
  const collections = (6 * 3600) / 10;
  const series = 20;
  for (let i = 0; i < collections; i++) {
    nowMs += 10_000;
    let text = '';
    for (let one = 0; one < series; one++) text += `s${one} ${i} ${nowMs / 1000}\n`;
    destination.accept({ bytes: Buffer.from(text), points: series });
  }
  assert.ok(destination.statistics().spoolBytes > 500_000);
  assert.equal(destination.statistics().queuedPoints, collections * series);
  const again = new FakeServer();
  t.after(() => again.close());
  await again.listen(port);
  await until(() => destination.statistics().connected);
  send(destination, 'fresh');
  await until(() => again.names().length > collections * series);
  const next = new Map<string, number>();
  for (const line of again.text.trimEnd().split('\n')) {
    const [name = '', value] = line.split(' ');
    if (name === 'fresh') continue;
    assert.equal(Number(value), next.get(name) ?? 0, `${name} has a gap`);
    next.set(name, Number(value) + 1);
  }
  assert.deepEqual(
    [...next.values()],
    Array.from({ length: series }, () => collections),
  );
  assert.ok(again.names().indexOf('fresh') < 20_000, 'the fresh point overtakes the spool');
  assert.equal(destination.statistics().spoolBytes, 0);
  assert.equal(destination.statistics().droppedPoints, 0);
});

test('stopping while the server is away leaves the points in the spool', async (t) => {
  const server = new FakeServer();
  const port = await server.listen();
  await server.close();
  const destination = setUp(t, port, { withSpool: true });
  destination.start();
  send(destination, 'a');
  await destination.stop(100);
  const { queuedPoints, spoolBytes } = destination.statistics();
  assert.equal(queuedPoints, 1);
  assert.equal(spoolBytes, 6);
});

test('pickle: frames instead of lines', async (t) => {
  const server = new FakeServer();
  t.after(() => server.close());
  const destination = setUp(t, await server.listen(), { options: { format: 'pickle' } });
  destination.start();
  send(destination, 'a.b');
  await until(() => server.text.includes('a.b'));
  assert.ok(!server.text.includes('\n'));
});

test('tls: the certificate is checked against the given authority', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'tls-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const certificate = join(directory, 'cert.pem');
  const key = join(directory, 'key.pem');
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=carbon.test',
        '-addext',
        'subjectAltName=DNS:carbon.test',
        '-keyout',
        key,
        '-out',
        certificate,
      ],
      { stdio: 'ignore' },
    );
  } catch {
    return t.skip('openssl is not installed');
  }
  const server = new FakeServer(
    createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }),
  );
  t.after(() => server.close());
  const port = await server.listen();
  const trusting = {
    ca: certificate,
    certificate: '',
    key: '',
    serverName: 'carbon.test',
    verify: true,
  };
  const good = setUp(t, port, { carrier: tls, options: { tls: trusting } });
  good.start();
  send(good, 'good');
  await until(() => server.names().includes('good'));
  const bad = setUp(t, port, { carrier: tls, options: { tls: { ...trusting, ca: '' } } });
  bad.start();
  send(bad, 'bad');
  const missing = setUp(t, port, {
    carrier: tls,
    options: { tls: { ...trusting, ca: '/nowhere' } },
  });
  missing.start();
  send(missing, 'missing');
  send(good, 'good2');
  await until(() => server.names().includes('good2'));
  assert.ok(!server.names().includes('bad') && !server.names().includes('missing'));
  assert.equal(bad.statistics().queuedPoints, 1);
});
