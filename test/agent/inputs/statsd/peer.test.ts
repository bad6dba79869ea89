// Ours and the original statsd are fed the same packets; every flushed name and value is compared.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Aggregate } from '../../../../bundle/agent/inputs/statsd/aggregate.ts';
import {
  FlushNames,
  type FlushOptions,
  flushAggregate,
} from '../../../../bundle/agent/inputs/statsd/flush.ts';
import { parsePacket } from '../../../../bundle/agent/inputs/statsd/packet.ts';
import { projectRoot } from '../../../../bundle/develop/project.ts';

const shim = fileURLToPath(new URL('fixtures/util-log.cjs', import.meta.url));
const flushSeconds = 2;
const thresholds = [90, 50.5, -10];
const histogram = [
  { metric: 'size', bins: [10, 100, 'inf' as const] },
  { metric: '', bins: [] },
];
// What depends on the run itself.
const timing = /graphiteStats|processing_time|timestamp_lag/;

function packets(): string[] {
  let seed = 42;
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const fixed = [
    'hits:1|c',
    'hits:3|c|@0.1',
    'hits:-2|c',
    'mixed:1|c:2|ms:3|g',
    'level:10|g',
    'level:-3|g',
    'level:+1.5|g',
    'down:-7|g',
    'users:joe|s\nusers:ann|s\nusers:joe|s',
    'a b/c*d:4|c',
    'one:5|ms',
    'tagged:1|c|#env:prod,zone:eu',
    'graph;dc=x:2|c',
    'bad',
    'bad:1|c|@x',
    'bad:x|ms',
    'size:9.99|ms',
    'size:10|ms',
    'size:500|ms',
    'meter:3|m',
    'sampled:20|ms|@0.25',
    'exp:1e2|c',
    'zero:0|ms',
  ].filter((line) => line !== 'bad'); // a bare name counts 1 with us and is a bad line there
  const many = Array.from(
    { length: 300 },
    () => `latency.p${Math.floor(random() * 3)}:${(random() * 1000).toFixed(3)}|ms`,
  );
  return [...fixed, ...many];
}

async function originalFlush(
  t: TestContext,
  legacy: boolean,
  lines: readonly string[],
): Promise<Map<string, number>> {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-statsd-'));
  const sink = createServer().listen(0, '127.0.0.1');
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(sink, 'listening'), once(probe, 'listening')]);
  const port = probe.address().port;
  probe.close();
  const management = createServer().listen(0, '127.0.0.1');
  await once(management, 'listening');
  const managementPort = (management.address() as AddressInfo).port;
  management.close();
  const config = {
    port,
    address: '127.0.0.1',
    mgmt_port: managementPort,
    mgmt_address: '127.0.0.1',
    flushInterval: flushSeconds * 1000,
    percentThreshold: thresholds,
    histogram,
    backends: ['./backends/graphite'],
    graphiteHost: '127.0.0.1',
    graphitePort: (sink.address() as AddressInfo).port,
    graphite: { legacyNamespace: legacy },
    deleteIdleStats: true,
  };
  const file = join(directory, 'config.js');
  writeFileSync(file, JSON.stringify(config));
  const child: ChildProcess = spawn(process.execPath, ['--require', shim, 'stats.js', file], {
    cwd: join(projectRoot, 'node_modules/statsd'),
    stdio: 'ignore',
  });
  t.after(() => {
    child.kill('SIGKILL');
    sink.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const flushes: Map<string, number>[] = [];
  sink.on('connection', async (socket) => {
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    const flushed = new Map<string, number>();
    for (const line of text.trim().split('\n')) {
      const [name, value] = line.split(' ');
      if (name !== undefined && !timing.test(name)) flushed.set(name, Number(value));
    }
    flushes.push(flushed);
    sink.emit('flushed');
  });
  // right after one flush there is time for all packets before the next; a busy machine may still
  // lose or split them, which the original's own count of packets tells
  const received = `${legacy ? 'stats_counts.statsd' : 'stats.counters.statsd'}.packets_received${legacy ? '' : '.count'}`;
  for (let attempt = 0; attempt < 6; attempt++) {
    await once(sink, 'flushed');
    const sender = createSocket('udp4');
    for (const line of lines) {
      await new Promise((resolve) => sender.send(line, port, '127.0.0.1', resolve));
    }
    sender.close();
    await once(sink, 'flushed');
    const flushed = flushes.at(-1);
    if (flushed?.get(received) === lines.length) return flushed;
  }
  return assert.fail('the original never took all packets in one interval');
}

function ourFlush(legacy: boolean, lines: readonly string[]): Map<string, number> {
  const aggregate = new Aggregate(
    { namesMax: 1000, timerValuesMax: 1000, setMembersMax: 1000 },
    () => {},
    () => {},
  );
  for (const line of lines) parsePacket(line, aggregate);
  for (const [name, value] of [
    ['packets_received', lines.length],
    ['metrics_received', aggregate.counts.metrics],
    ['bad_lines_seen', aggregate.counts.badLines],
  ] as const) {
    aggregate.counter(`statsd.${name}`, '', value, 1);
  }
  aggregate.gauge('statsd.timestamp_lag', '', 0, false);
  const namespace = {
    legacy,
    globalPrefix: 'stats',
    prefixCounter: 'counters',
    prefixTimer: 'timers',
    prefixGauge: 'gauges',
    prefixSet: 'sets',
    globalSuffix: '',
    prefixStats: 'statsd',
  };
  const options: FlushOptions = {
    namespace,
    flushSeconds,
    percentThresholds: thresholds,
    histogram,
    calculatedTimerMetrics: [],
    flushCounts: true,
    idleFlushesMax: 0,
    gaugeIdleFlushesMax: 0,
  };
  const names = new FlushNames(namespace);
  const flushed = new Map<string, number>();
  const sent = flushAggregate(aggregate, names, options, (name, value) => {
    if (!timing.test(name)) flushed.set(name, value);
  });
  flushed.set(names.ownCount(), sent);
  return flushed;
}

for (const legacy of [false, true]) {
  test(`flushes what the original flushes, ${legacy ? 'legacy' : 'new'} namespace`, async (t) => {
    const lines = packets();
    const theirs = await originalFlush(t, legacy, lines);
    const ours = ourFlush(legacy, lines);
    assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort());
    for (const [name, value] of theirs) {
      const mine = ours.get(name) ?? Number.NaN;
      assert.ok(
        Math.abs(mine - value) <= 1e-9 * Math.max(1, Math.abs(value)),
        `${name}: ${mine}, original ${value}`,
      );
    }
  });
}
