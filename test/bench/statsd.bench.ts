// Our StatsD input beside the original statsd: the same packets over UDP at the same rates; CPU of each
// process per million metrics, and what was lost. Checks every count that was not lost.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { projectRoot } from '../../bundle/develop/project.ts';
import { runtimeOptions } from '../../bundle/services.ts';

const shim = fileURLToPath(
  new URL('../agent/inputs/statsd/fixtures/util-log.cjs', import.meta.url),
);
const clockTicks = 100;
const flushSeconds = 2;
const linesPerPacket = 40; // about 1200 bytes, a packet that still fits one Ethernet frame
const ratesPerSecond = [100_000, 400_000];
const seconds = 6;
const isJson = process.argv.includes('--json');

const agentArguments = [...(runtimeOptions.agent ?? []), join(projectRoot, 'bundle/agent/main.ts')];

interface Contender {
  name: string;
  start(directory: string, udpPort: number, graphitePort: number): ChildProcess;
}

const contenders: Contender[] = [
  {
    name: 'dkumonitor agent',
    start: (directory, udpPort, graphitePort) => {
      const plugins = ['cpu', 'df', 'disk', 'interface', 'load', 'memory', 'processes', 'swap'];
      const config = {
        outputs: [{ host: '127.0.0.1', port: graphitePort }],
        plugins: Object.fromEntries(plugins.map((name) => [name, { enabled: false }])),
        inputs: {
          statsd: {
            enabled: true,
            udp: `127.0.0.1:${udpPort}`,
            management: '',
            flushInterval: flushSeconds,
            idleFlushes: 0,
          },
        },
      };
      mkdirSync(join(directory, 'conf'));
      writeFileSync(join(directory, 'conf/agent.yml'), stringify(config));
      return spawn(process.execPath, agentArguments, {
        cwd: directory,
        stdio: 'ignore',
      });
    },
  },
  {
    name: 'statsd 0.9.0',
    start: (directory, udpPort, graphitePort) => {
      const config = {
        port: udpPort,
        address: '127.0.0.1',
        mgmt_port: 0,
        flushInterval: flushSeconds * 1000,
        backends: ['./backends/graphite'],
        graphiteHost: '127.0.0.1',
        graphitePort,
        graphite: { legacyNamespace: false },
        deleteIdleStats: true,
      };
      writeFileSync(join(directory, 'config.js'), JSON.stringify(config));
      return spawn(
        process.execPath,
        ['--require', shim, 'stats.js', join(directory, 'config.js')],
        { cwd: join(projectRoot, 'node_modules/statsd'), stdio: 'ignore' },
      );
    },
  },
];

function packets(): Buffer[] {
  return Array.from({ length: 500 }, (_, p) => {
    const lines = Array.from({ length: linesPerPacket }, (_, i) => {
      const id = p * linesPerPacket + i;
      const kind = id % 4;
      if (kind === 0) return `bench.app${id % 50}.requests:1|c`;
      if (kind === 1) return `bench.app${id % 50}.sampled:1|c|@0.5`;
      return kind === 2
        ? `bench.app${id % 50}.latency:${(id % 977) / 4}|ms`
        : `bench.app${id % 50}.level:${id % 100}|g`;
    });
    return Buffer.from(lines.join('\n'));
  });
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / clockTicks;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Sums `…metrics_received.count` of every flush that arrives. */
async function graphiteSink(): Promise<{ server: Server; received(): number; flushes(): number }> {
  let received = 0;
  let flushes = 0;
  const server = createServer((socket) => {
    let rest = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('stats.counters.statsd.metrics_received.count ')) continue;
        received += Number(line.split(' ')[1]);
        flushes += 1;
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, received: () => received, flushes: () => flushes };
}

interface Figures {
  contender: string;
  ratePerSecond: number;
  sent: number;
  lostPercent: number;
  cpuSecondsPerMillion: number;
}

async function measure(contender: Contender, ratePerSecond: number): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-bench-statsd-'));
  const sink = await graphiteSink();
  const udpPort = await freeUdpPort();
  const child = contender.start(directory, udpPort, (sink.server.address() as AddressInfo).port);
  try {
    while (sink.flushes() === 0) await delay(20);
    const all = packets();
    const socket = createSocket('udp4');
    const before = cpuSeconds(child.pid ?? 0);
    const begun = performance.now();
    const total = Math.round((ratePerSecond * seconds) / linesPerPacket);
    for (let sent = 0; sent < total; ) {
      const due = Math.min(
        total,
        Math.floor(((performance.now() - begun) / 1000) * (ratePerSecond / linesPerPacket)),
      );
      for (; sent < due; sent++) socket.send(all[sent % all.length] ?? '', udpPort, '127.0.0.1');
      await delay(1);
    }
    const from = sink.flushes();
    while (sink.flushes() < from + 3) await delay(20);
    const cpu = cpuSeconds(child.pid ?? 0) - before;
    socket.close();
    const sent = total * linesPerPacket;
    const received = sink.received();
    assert.ok(received > 0 && received <= sent + 100, `${received} received of ${sent}`);
    return {
      contender: contender.name,
      ratePerSecond,
      sent,
      lostPercent: Math.max(0, 100 * (1 - received / sent)),
      cpuSecondsPerMillion: (cpu / received) * 1e6,
    };
  } finally {
    child.kill('SIGKILL');
    sink.server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const results: Figures[] = [];
for (const rate of ratesPerSecond)
  for (const contender of contenders) results.push(await measure(contender, rate));

if (isJson) process.stdout.write(`${JSON.stringify(results)}\n`);
else {
  console.table(
    results.map(({ contender, ratePerSecond, lostPercent, cpuSecondsPerMillion }) => ({
      contender,
      'metrics/s': ratePerSecond,
      'lost %': lostPercent.toFixed(2),
      'CPU s per million': cpuSecondsPerMillion.toFixed(2),
    })),
  );
  for (const rate of ratesPerSecond) {
    const [ours, theirs] = contenders.map(({ name }) =>
      results.find((row) => row.contender === name && row.ratePerSecond === rate),
    );
    console.log(
      `${rate}/s: statsd uses ${((theirs?.cpuSecondsPerMillion ?? 0) / (ours?.cpuSecondsPerMillion ?? 1)).toFixed(1)} × our CPU per metric taken`,
    );
  }
}
