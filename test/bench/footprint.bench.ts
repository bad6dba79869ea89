// What an installation of type `all` weighs: the tarball (DKM_TARBALL, or built now) is unpacked,
// installed and started, left alone for a minute, and its processes are measured from /proc.
// `--json` prints the figures only, `--idle SECONDS` changes the minute, `--runs N` repeats the start.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { SupervisorStatus } from '../../bundle/supervisor/protocol.ts';
import {
  eventually,
  freeBasePort,
  type RunResult,
  render,
  tarball,
  unpackedKit,
  valuesOf,
} from '../end-to-end/instance.ts';

const budgets = {
  tarballMb: 50,
  installSeconds: 2,
  startSeconds: 5,
  statusSeconds: 0.4,
  agentRssMb: 60,
  agentCpuPercent: 0.5,
  totalPssMb: 200,
};
const readableWithinMs = 60_000;
const tickMs = 10; // USER_HZ is 100 on every Linux Node runs on

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    idle: { type: 'string', default: '60' },
    runs: { type: 'string', default: '3' },
  },
});
const idleSeconds = Number(flags.idle);
const runs = Number(flags.runs);
assert.ok(idleSeconds > 0 && runs >= 1, '--idle and --runs take positive numbers');

interface Memory {
  name: string;
  rssMb: number;
  pssMb: number;
  /** What nobody shares: freed when the process ends. */
  privateMb: number;
  cpuPercent: number;
}

function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

function memoryOf(name: string, pid: number, cpuPercent: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const megabytes = (key: string): number => {
    const found = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
    assert.notEqual(found, undefined, `no ${key} in smaps_rollup`);
    return (Number(found) * 1024) / 1e6;
  };
  return {
    name,
    rssMb: megabytes('Rss'),
    pssMb: megabytes('Pss'),
    privateMb: megabytes('Private_Clean') + megabytes('Private_Dirty'),
    cpuPercent,
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const begun = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - begun) / 1000 };
}

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

function good({ exitCode, stdout, stderr }: RunResult): string {
  assert.equal(exitCode, 0, stdout + stderr);
  return stdout;
}

async function measure() {
  const archive = await tarball();
  process.env['DKM_TARBALL'] = archive;
  const unpack = await timed(unpackedKit);
  const { directory, kit, run, remove } = unpack.result;
  const home = join(directory, 'monitor');
  const dkm = async (...args: string[]): Promise<string> =>
    good(await run(join(home, 'bin/dkm'), args));
  const status = async (): Promise<SupervisorStatus> =>
    JSON.parse(await dkm('status', '--json')) as SupervisorStatus;
  const basePort = await freeBasePort();
  const target = '-t all -p';
  try {
    const install = await timed(async () =>
      good(await run(join(kit, 'installer'), ['-d', home, ...target.split(' '), String(basePort)])),
    );
    const starts: number[] = [];
    for (let i = 0; i < runs; i++) {
      if (i > 0) await dkm('stop');
      starts.push((await timed(() => dkm('start'))).seconds);
    }
    const { services, pid } = await status();
    assert.deepEqual(
      services.map(({ state }) => state),
      services.map(() => 'ready'),
    );
    assert.equal(services.length, 4);
    await eventually('a metric of the agent', readableWithinMs, async () => {
      const series = await render(basePort + 2, 'collectd.**.load.load.relative.shortterm');
      return valuesOf(series[0]).length > 0 || undefined;
    });
    const processes = [{ name: 'supervisor', pid }, ...services];
    const before = processes.map((one) => cpuMs(one.pid));
    const begun = performance.now();
    await delay(idleSeconds * 1000);
    const elapsedMs = performance.now() - begun;
    const memory = processes.map((one, i) =>
      memoryOf(one.name, one.pid, ((cpuMs(one.pid) - before[i]!) / elapsedMs) * 100),
    );
    const asked: number[] = [];
    for (let i = 0; i < 5; i++) asked.push((await timed(status)).seconds);
    assert.deepEqual(
      (await status()).services.map((one) => [one.pid, one.state]),
      services.map((one) => [one.pid, 'ready']),
      'a service was restarted while it was measured',
    );
    return {
      tarballMb: statSync(archive).size / 1e6,
      unpackSeconds: unpack.seconds,
      installSeconds: install.seconds,
      startSeconds: median(starts),
      statusSeconds: median(asked),
      processes: memory,
      totalPssMb: memory.reduce((sum, { pssMb }) => sum + pssMb, 0),
    };
  } finally {
    await run(join(home, 'bin/dkm'), ['stop']);
    remove();
  }
}

if (process.platform !== 'linux') {
  process.stdout.write('footprint: skipped, it reads /proc\n');
} else {
  const result = await measure();
  const agent = result.processes.find(({ name }) => name === 'agent')!;
  const say = (line: string): void => {
    if (!flags.json) process.stdout.write(`${line}\n`);
  };
  const row = (what: string, value: number, unit: string, budget?: number): void => {
    const verdict =
      budget === undefined ? '' : `budget ${budget}: ${value <= budget ? 'kept' : 'EXCEEDED'}`;
    say(`${what.padEnd(22)}${value.toFixed(2).padStart(8)} ${unit.padEnd(4)}${verdict}`);
  };
  row('tarball', result.tarballMb, 'MB', budgets.tarballMb);
  row('unpacking', result.unpackSeconds, 's');
  row('installing', result.installSeconds, 's', budgets.installSeconds);
  row('start until all ready', result.startSeconds, 's', budgets.startSeconds);
  row('dkm status', result.statusSeconds, 's', budgets.statusSeconds);
  row('PSS of everything', result.totalPssMb, 'MB', budgets.totalPssMb);
  row('agent, RSS', agent.rssMb, 'MB', budgets.agentRssMb);
  row('agent, of a core', agent.cpuPercent, '%', budgets.agentCpuPercent);
  say('\nprocess        PSS MB  RSS MB  private MB  % of a core');
  for (const one of result.processes) {
    say(
      `${one.name.padEnd(12)}${one.pssMb.toFixed(1).padStart(9)}${one.rssMb.toFixed(1).padStart(8)}${one.privateMb.toFixed(1).padStart(12)}${one.cpuPercent.toFixed(2).padStart(13)}`,
    );
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
