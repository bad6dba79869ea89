// The original go-carbon and ours, fed the same points and asked the same questions. Debian has no
// package of it: the test wants its program named in GO_CARBON.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as v3 from '../../../bundle/wire/carbonapi-v3.ts';
import { findResponseFormats } from '../../../bundle/wire/find-response/index.ts';
import { renderResponseFormats } from '../../../bundle/wire/render-response/index.ts';
import {
  type CarbonProcess,
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
} from '../carbon-process.ts';

const program = process.env['GO_CARBON'] ?? '';
const skip = program === '' ? 'GO_CARBON does not name a go-carbon program' : false;
const schemas = '[all]\npattern = .*\nretentions = 10s:1h,1m:1d\n';
const now = Math.floor(Date.now() / 10_000) * 10;
const metrics = [
  'web.a.load',
  'web.b.load',
  'web.a.cpu.idle',
  'cpu.0.idle',
  'cpu.1.idle',
  'cpu.8.idle',
  'cpu.12.idle',
  'dual.node',
  'dual.node.child',
];

let ours: CarbonProcess;
let directory = '';
let theirs: ChildProcess;
let theirDirectory = '';
const ports = { ours: 0, theirs: 0 };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

before(async () => {
  if (skip !== false) return;
  directory = makeInstance({}, schemas);
  ours = await startCarbonProcess(directory);
  ports.ours = ours.ports['carbonserver'] ?? 0;
  ports.theirs = await freePort();
  const tcp = await freePort();
  theirDirectory = mkdtempSync(join(tmpdir(), 'go-carbon-'));
  mkdirSync(join(theirDirectory, 'whisper'));
  writeFileSync(join(theirDirectory, 'schemas.conf'), schemas);
  const off = ['udp', 'pickle', 'carbonlink', 'grpc'].map((door) => `[${door}]\nenabled = false\n`);
  writeFileSync(
    join(theirDirectory, 'go-carbon.conf'),
    `[common]\nuser = ""\n[whisper]\ndata-dir = "${theirDirectory}/whisper"
schemas-file = "${theirDirectory}/schemas.conf"\naggregation-file = ""\nenabled = true
[tcp]\nlisten = "127.0.0.1:${tcp}"\nenabled = true\n${off.join('')}
[carbonserver]\nlisten = "127.0.0.1:${ports.theirs}"\nenabled = true\nscan-frequency = "1s"
find-cache-enabled = false\nquery-cache-enabled = false\ntrie-index = true\ntrigram-index = false
[[logging]]\nlogger = ""\nfile = "${theirDirectory}/log"\nlevel = "error"\n`,
  );
  theirs = spawn(program, ['-config', join(theirDirectory, 'go-carbon.conf')], { stdio: 'ignore' });
  const lines: string[] = [];
  for (let i = 0; i < 5; i++)
    for (const metric of metrics) lines.push(`${metric} ${i + 0.5} ${now - 50 + i * 10}\n`);
  await sendTcp(ours.ports['tcp'] ?? 0, lines.join(''));
  await waitFor('go-carbon', () =>
    sendTcp(tcp, lines.join('')).then(
      () => true,
      () => false,
    ),
  );
  for (const port of Object.values(ports))
    await waitFor('all series', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/metrics/list/`).catch(() => undefined);
      if (response?.ok !== true) return false;
      return ((await response.json()) as { Metrics?: string[] }).Metrics?.length === metrics.length;
    });
});

after(async () => {
  if (skip !== false) return;
  await ours.end('SIGKILL');
  theirs.kill('SIGKILL');
  await once(theirs, 'exit');
  removeInstance(directory);
  rmSync(theirDirectory, { recursive: true });
});

interface Answer {
  status: number;
  body: Buffer;
}

async function both(path: string, message?: Buffer): Promise<[Answer, Answer]> {
  const ask = async (port: number): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...(message === undefined ? {} : { method: 'POST', body: message }),
    });
    return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
  };
  return [await ask(ports.theirs), await ask(ports.ours)];
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

test('find gives the same nodes in every format', { skip }, async () => {
  const queries = ['*', 'web.*', 'web.*.load', 'web.{a,b}.load', 'cpu.[0-12].idle', 'cpu.?.idle'];
  queries.push(
    'dual.*',
    'dual.node',
    'no.such',
    '{web.a,cpu.0}.*',
    'web.{a,b{,x}}.load',
    '*.*.*.*',
  );
  for (const query of queries)
    for (const format of findResponseFormats) {
      const [name] = format.names;
      if (name === 'msgpack') continue; // go-carbon has none
      const path = `/metrics/find/?query=${encodeURIComponent(query)}&format=${name}`;
      const message = v3.encodeMultiGlobRequest({ metrics: [query] });
      const [go, own] = await both(path, name === v3.carbonapiV3Protocol ? message : undefined);
      // For graphite-web's formats ours answers an empty list, because graphite-web wants it so.
      if (!format.allowsEmpty) assert.equal(own.status, go.status, `${query} ${name}`);
      if (go.status !== 200) continue;
      const nodes = ({ body }: Answer): string[] =>
        (format.decode(body)[0]?.matches ?? [])
          .map(({ path: node, isLeaf }) => `${node} ${isLeaf}`)
          .sort(byText);
      assert.deepEqual(nodes(own), nodes(go), `${query} ${name}`);
    }
});

test('render gives the same points in every format', { skip }, async () => {
  const cases: [string, number, number][] = [
    ['web.a.load', now - 60, now],
    ['web.*.load', now - 60, now],
    ['web.a.load', now - 30, now - 30],
    ['web.a.load', now - 7200, now],
    ['web.a.load', now - 90_000, now],
    ['dual.node', now - 60, now],
    ['no.such', now - 60, now],
  ];
  for (const [target, from, until] of cases)
    for (const format of renderResponseFormats) {
      const [name] = format.names;
      if (name === 'msgpack') continue;
      const path = `/render/?target=${target}&from=${from}&until=${until}&format=${name}`;
      const message = v3.encodeMultiFetchRequest([
        { name: target, pathExpression: target, startTime: from, stopTime: until },
      ]);
      const [go, own] = await both(path, name === v3.carbonapiV3Protocol ? message : undefined);
      if (!format.allowsEmpty) assert.equal(own.status, go.status, `${target} ${name}`);
      if (go.status !== 200) continue;
      const points = ({ body }: Answer) =>
        format
          .decode(body)
          .map(({ name: series, startTime, stopTime, stepTime, values }) => ({
            series,
            startTime,
            stopTime,
            stepTime,
            // As a list: Go's NaN has other bits than ours.
            values: [...values],
          }))
          .sort((a, b) => byText(a.series, b.series));
      assert.deepEqual(points(own), points(go), `${target} ${from - now} ${name}`);
    }
});

test('info, list and list_query say the same', { skip }, async () => {
  for (const path of [
    '/info/?target=web.a.load',
    '/metrics/list/',
    '/metrics/list_query/?target=web',
  ]) {
    const [go, own] = await both(path);
    // Order of names apart, and "Average" is spelled in lower case as Graphite does.
    const parts = ({ body }: Answer): string[] =>
      body
        .toString()
        .toLowerCase()
        .split(/[{}[\],]+/)
        .sort(byText);
    assert.deepEqual(parts(own), parts(go), path);
  }
});
