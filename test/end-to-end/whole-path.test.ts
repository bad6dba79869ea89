// The whole path with the real tarball: unpack, install, start, metrics in, graphs out, stop.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { portOf } from '../../bundle/services.ts';
import {
  eventually,
  freeBasePort,
  processesWith,
  type RunResult,
  render,
  type Sandbox,
  unpackedKit,
  valuesOf,
} from './instance.ts';

const chromium = '/usr/bin/chromium';

let sandbox: Sandbox;
let data: string;
let base: number;

before(async () => {
  sandbox = await unpackedKit();
  data = join(sandbox.directory, 'instance');
  base = await freeBasePort();
});

after(async () => {
  if (existsSync(join(data, 'bin/dkm'))) await dkm('stop');
  sandbox.remove();
});

const installer = (...args: string[]): Promise<RunResult> =>
  sandbox.run(join(sandbox.kit, 'installer'), args);
const dkm = (...args: string[]): Promise<RunResult> => sandbox.run(join(data, 'bin/dkm'), args);

interface StatusRow {
  name: string;
  state: string;
  pid: number;
  restarts: number;
}

async function status(): Promise<StatusRow[]> {
  const { stdout } = await dkm('status', '--json');
  const answer = JSON.parse(stdout) as { services: StatusRow[] };
  return answer.services;
}

test('wrong installer calls write nothing and say what is wrong', async () => {
  const unknown = await installer('-d', data, '--prot', '1');
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.stderr, /--port/);
  const nothing = await installer();
  assert.notEqual(nothing.exitCode, 0);
  assert.match(nothing.stderr, /--directory/);
  for (const directory of ['/', sandbox.kit, sandbox.directory]) {
    assert.notEqual((await installer('-d', directory, '-p', String(base))).exitCode, 0, directory);
  }
  assert.equal(existsSync(data), false);
});

test('installs as an unprivileged user without Node or Python on the PATH', async () => {
  const begun = performance.now();
  const result = await installer(
    '-d',
    data,
    '-p',
    String(base),
    '-t',
    'all',
    '--hostname',
    'web1.example.org',
  );
  assert.equal(result.exitCode, 0, result.stderr + result.stdout);
  console.log(`installer: ${((performance.now() - begun) / 1000).toFixed(2)} s`);
  for (const path of [
    'conf/instance.json',
    'bin/dkm',
    'bin/dkmadmin',
    'storage',
    'run/install.log',
  ]) {
    assert.ok(existsSync(join(data, path)), path);
  }
  assert.equal(statSync(join(data, 'conf/secrets/admin-password')).mode & 0o077, 0);
  assert.match(
    readFileSync(join(data, 'run/install.log'), 'utf8'),
    /^\[\+\] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d - /,
  );
});

test('starts, and every service is ready when dkm start returns', async () => {
  const begun = performance.now();
  const result = await dkm('start');
  assert.equal(result.exitCode, 0, result.stderr + result.stdout);
  console.log(`dkm start: ${((performance.now() - begun) / 1000).toFixed(2)} s`);
  const rows = await status();
  assert.deepEqual(rows.map(({ name }) => name).sort(), [
    'agent',
    'carbon',
    'carbonapi',
    'grafana',
  ]);
  assert.deepEqual([...new Set(rows.map(({ state }) => state))], ['ready']);
});

test('this host’s cpu and memory arrive under collectd’s names', async () => {
  const prefix = 'collectd.org.example.web1';
  await eventually('cpu series', 40_000, async () => {
    const series = await render(portOf('carbonapi', base), `${prefix}.cpu.*.percent.idle`);
    return series.length > 0 && valuesOf(series[0]).length > 0 ? true : undefined;
  });
  const [memory] = await render(
    portOf('carbonapi', base),
    `sumSeries(${prefix}.memory.memory.{used,buffered,cached,free,slab_unrecl,slab_recl})`,
  );
  const total = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
  const measured = valuesOf(memory).at(-1) ?? 0;
  assert.ok(Math.abs(measured - total) / total < 0.02, `${measured} of ${total}`);
});

test('a point sent by TCP or UDP is readable at once', async () => {
  const now = Math.floor(Date.now() / 1000);
  const readBack = async (name: string, value: number) => {
    const begun = performance.now();
    await eventually(
      name,
      5000,
      async () =>
        valuesOf((await render(portOf('carbonapi', base), name))[0]).includes(value) || undefined,
    );
    return performance.now() - begun;
  };
  const socket = connect(portOf('plaintext', base), '127.0.0.1');
  socket.end(`a.b.tcp 42.5 ${now}\n`);
  const overTcp = await readBack('a.b.tcp', 42.5);
  const udp = createSocket('udp4');
  udp.send(`a.b.udp 17 ${now}\n`, portOf('plaintext', base), '127.0.0.1', () => udp.close());
  const overUdp = await readBack('a.b.udp', 17);
  console.log(`readable after ${overTcp.toFixed(0)} ms (TCP), ${overUdp.toFixed(0)} ms (UDP)`);
});

test('bad input at the door costs nobody else a point', async () => {
  const now = Math.floor(Date.now() / 1000);
  const hostile: (string | Buffer)[] = [
    'no.value\n',
    'x.y notanumber 1\n',
    'a..b 1 1\n',
    '../../etc/passwd 1 1\n',
    `${'n'.repeat(400)} 1 ${now}\n`,
    `nul\0name 1 ${now}\n`,
    'nan.value nan 1\n',
    Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7) % 256)),
    `\n${'x'.repeat(10_000_000)}`,
  ];
  for (const input of hostile) {
    await new Promise<void>((resolve) => {
      const socket = connect(portOf('plaintext', base), '127.0.0.1');
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.resume();
      socket.end(input);
    });
  }
  const socket = connect(portOf('plaintext', base), '127.0.0.1');
  socket.end(`broken line\nneighbour.of.bad 7 ${now}\n`);
  await eventually(
    'neighbour',
    5000,
    async () =>
      valuesOf((await render(portOf('carbonapi', base), 'neighbour.of.bad'))[0]).includes(7) ||
      undefined,
  );
  assert.equal(existsSync(join(data, 'etc')), false);
  assert.ok((await status()).every(({ restarts }) => restarts === 0));
});

test('carbon killed with -9 is back and kept its points', async () => {
  const now = Math.floor(Date.now() / 1000);
  const socket = connect(portOf('plaintext', base), '127.0.0.1');
  socket.end(`kept.over.kill 5 ${now}\n`);
  await eventually(
    'point',
    5000,
    async () =>
      valuesOf((await render(portOf('carbonapi', base), 'kept.over.kill'))[0]).includes(5) ||
      undefined,
  );
  const journalInterval = 1200;
  await new Promise((resolve) => setTimeout(resolve, journalInterval));
  const before = (await status()).find(({ name }) => name === 'carbon');
  process.kill(before?.pid ?? 0, 'SIGKILL');
  const begun = performance.now();
  await eventually('carbon back', 10_000, async () => {
    const row = (await status()).find(({ name }) => name === 'carbon');
    return row?.state === 'ready' && row.pid !== before?.pid ? true : undefined;
  });
  console.log(`carbon back after ${((performance.now() - begun) / 1000).toFixed(2)} s`);
  await eventually(
    'kept',
    5000,
    async () =>
      valuesOf((await render(portOf('carbonapi', base), 'kept.over.kill'))[0]).includes(5) ||
      undefined,
  );
});

test('a person logs in and sees a line drawn in the CPU panel', {
  skip: existsSync(chromium) ? false : 'chromium is not installed',
}, async () => {
  const { drawnLinePixels, enoughPixels } = await import('./browser.ts');
  const password = readFileSync(join(data, 'conf/secrets/admin-password'), 'utf8').trim();
  const pixels = await drawnLinePixels({
    chromium,
    url: `http://127.0.0.1:${portOf('dashboards', base)}/`,
    password,
    dashboard: /one host/i,
    panel: /CPU by state/i,
  });
  assert.ok(pixels >= enoughPixels, `${pixels} coloured pixels in the CPU panel`);
});

test('stops, leaving no process and no open port', async () => {
  const result = await dkm('stop');
  assert.equal(result.exitCode, 0, result.stderr);
  await eventually('no process', 5000, () => (processesWith(data).length === 0 ? true : undefined));
  for (const name of ['dashboards', 'plaintext', 'carbonapi', 'carbonserver'] as const) {
    await assert.rejects(
      new Promise((resolve, reject) => {
        const socket = connect(portOf(name, base), '127.0.0.1', () => {
          socket.destroy();
          resolve(name);
        });
        socket.once('error', reject);
      }),
      { code: 'ECONNREFUSED' },
      name,
    );
  }
  assert.notEqual((await dkm('status')).exitCode, 0);
});
