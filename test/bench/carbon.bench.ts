// The load run of carbon: points per second, CPU seconds of the process tree per million points,
// memory, and how soon a point is readable. Figures of CPU hold still on a busy machine, rates do
// not. `--json` prints them for machines, `--peer=python-carbon` runs the same against a peer,
// `--only=plaintext,udp` some of it, `--series=N` another size; `--only=soak --minutes=10` is the long
// run that shows whether memory stands still. BENCH_DIRECTORY says on which disk.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fetchSeries, metricToPath } from '../../bundle/whisper/index.ts';
import {
  type CarbonTarget,
  startTarget,
  type TargetName,
  type TargetSettings,
  targetNames,
} from './carbon-target.ts';
import { costOf } from './process-cost.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    peer: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', default: '' },
    series: { type: 'string', default: '100000' },
    files: { type: 'string', default: '5000' },
    minutes: { type: 'string', default: '10' },
  },
});
const seriesCount = Number(args.series);
const fileCount = Number(args.files);
const step = 300;
const base = Math.floor(Date.now() / 1000 / step) * step - 25 * 86_400;
const generator = fileURLToPath(new URL('load-generator.ts', import.meta.url));

interface Figure {
  scenario: string;
  figure: string;
  unit: string;
  value: number;
}

interface Sent {
  points: number;
  seconds: number;
}

async function send(
  options: Record<string, string | number>,
  more: readonly string[] = [],
): Promise<Sent> {
  const flags = Object.entries({ step, ...options }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const child = spawn(process.execPath, [generator, ...flags, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  return JSON.parse(text) as Sent;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until the target does nothing any more. */
async function calm(target: CarbonTarget): Promise<void> {
  for (let before = -1, k = 0; k < 50; k++) {
    const now = costOf(target.pid).cpuSeconds;
    if (now - before < 0.02) return;
    before = now;
    await pause(300);
  }
}

const seriesName = (i: number): string => {
  const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
  const host = Math.floor(i / 100) % 100;
  return `bench.r${pad(Math.floor(i / 10_000), 2)}.host${pad(host, 3)}.plug${Math.floor(i / 10) % 10}.value${i % 10}`;
};

/** How many of the points of `rounds` rounds from `first` on are in their files, with their value. */
function storedPoints(target: CarbonTarget, series: number, first: number, rounds: number): number {
  let found = 0;
  const from = base + first * step;
  for (let i = 0; i < series; i++) {
    const path = join(target.whisper, metricToPath(seriesName(i)));
    if (!existsSync(path)) continue;
    const until = from + (rounds - 1) * step;
    const answer = fetchSeries(path, from - 1, until, Math.floor(Date.now() / 1000));
    for (let r = 0; r < rounds; r++) {
      const want = (100_000 + ((i * 7919 + (first + r) * 104_729) % 900_000)) / 1000;
      if (answer?.values[r] === want) found++;
    }
  }
  return found;
}

async function drained(
  target: CarbonTarget,
  series: number,
  first: number,
  rounds: number,
): Promise<void> {
  for (let best = -1, quiet = 0; quiet < 20; ) {
    const found = storedPoints(target, series, first, rounds);
    if (found === series * rounds) return;
    quiet = found > best ? 0 : quiet + 1;
    best = Math.max(best, found);
    await pause(250);
  }
  throw new Error('not all points reached their files');
}

type Report = (figure: string, unit: string, value: number) => void;

interface Traffic {
  mode: 'tcp' | 'pickle' | 'protobuf' | 'http';
  connections?: number;
  /** Another order of series in each round. */
  isShuffled?: boolean;
}

async function known(target: CarbonTarget, traffic: Traffic, report: Report): Promise<void> {
  const { mode, connections = 8 } = traffic;
  const port = mode === 'tcp' ? target.plaintext : target[mode];
  if (port === undefined) return;
  const rounds = 20;
  const measure = async (name: string, first: number, count: number): Promise<void> => {
    const before = costOf(target.pid).cpuSeconds;
    const options = { mode, port, connections, series: seriesCount, rounds: count, first };
    const more = traffic.isShuffled ? ['--shuffle'] : [];
    const sent = await send({ ...options, base: base + first * step }, more);
    await calm(target);
    const spent = costOf(target.pid).cpuSeconds - before;
    report(`${name} series, points per second`, '1/s', sent.points / sent.seconds);
    report(`${name} series, CPU per million points`, 's', (spent / sent.points) * 1e6);
  };
  const rss = costOf(target.pid).rssMebibytes;
  await measure('new', 0, 1);
  await measure('known', 1, rounds);
  const cost = costOf(target.pid);
  const cached = seriesCount * (rounds + 1);
  report('peak memory', 'MiB', cost.peakMebibytes);
  report('growth per cached point', 'B', ((cost.rssMebibytes - rss) * 2 ** 20) / cached);
}

async function files(target: CarbonTarget, report: Report): Promise<void> {
  let first = 0;
  const measure = async (rounds: number): Promise<{ cpu: number; seconds: number }> => {
    const before = costOf(target.pid).cpuSeconds;
    const begun = Date.now();
    const options = { port: target.plaintext, series: fileCount, rounds, first };
    await send({ ...options, base: base + first * step });
    await drained(target, fileCount, first, rounds);
    const seconds = (Date.now() - begun) / 1000;
    await calm(target);
    first += rounds;
    return { cpu: costOf(target.pid).cpuSeconds - before, seconds };
  };
  const create = await measure(1);
  report('create, CPU per 1000 files', 's', (create.cpu / fileCount) * 1000);
  const updateRounds = 5;
  let cpu = 0;
  for (let k = 0; k < updateRounds; k++) cpu += (await measure(1)).cpu;
  report('one-point updates, CPU per million', 's', (cpu / (fileCount * updateRounds)) * 1e6);
  const backlog = await measure(50);
  report('backlog of 50, CPU per million points', 's', (backlog.cpu / (fileCount * 50)) * 1e6);
  report('peak memory', 'MiB', costOf(target.pid).peakMebibytes);
}

async function udp(target: CarbonTarget, report: Report): Promise<void> {
  const series = 2000;
  await send({ port: target.plaintext, series, rounds: 1, base });
  await drained(target, series, 0, 1);
  let first = 1;
  for (const rate of [50_000, 100_000, 200_000]) {
    const rounds = Math.round((rate * 3) / series);
    const options = { mode: 'udp', port: target.udp, series, rounds, first, rate };
    await send({ ...options, base: base + first * step });
    await pause(1000);
    await calm(target);
    const found = storedPoints(target, series, first, rounds);
    report(`loss at ${rate} points/s`, '%', (1 - found / (series * rounds)) * 100);
    first += rounds;
  }
}

/** From writing one line to reading its value back over HTTP. */
async function freshness(target: CarbonTarget, report: Report): Promise<void> {
  if (target.carbonserver === undefined) return;
  const { connect } = await import('node:net');
  const socket = connect(target.plaintext, '127.0.0.1');
  const taken: number[] = [];
  for (let k = 0; k < 300; k++) {
    const time = base + k * step;
    const begun = performance.now();
    socket.write(`fresh.s${k} ${k + 1} ${time}\n`);
    const url = `http://127.0.0.1:${target.carbonserver}/render/?format=json&target=fresh.s${k}&from=${time - 1}&until=${time}`;
    for (;;) {
      const answer = await fetch(url);
      const text = await answer.text();
      if (answer.ok && text.includes(`${k + 1}`)) break;
    }
    taken.push(performance.now() - begun);
  }
  socket.destroy();
  taken.sort((a, b) => a - b);
  report('new series readable after, p50', 'ms', taken[150] as number);
  report('new series readable after, p99', 'ms', taken[297] as number);
}

/** A steady 20,000 points a second; memory is compared between the first third and the end. */
async function soak(target: CarbonTarget, report: Report): Promise<void> {
  const rounds = Math.round(Number(args.minutes) * 60);
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(costOf(target.pid).rssMebibytes), 2000);
  const before = costOf(target.pid).cpuSeconds;
  const sent = await send({ port: target.plaintext, series: 20_000, rounds, base, pause: 1000 });
  clearInterval(timer);
  await calm(target);
  const spent = costOf(target.pid).cpuSeconds - before;
  const third = Math.max(1, Math.floor(samples.length / 3));
  report('memory, highest of the first third', 'MiB', Math.max(...samples.slice(0, third)));
  report('memory, highest of the last third', 'MiB', Math.max(...samples.slice(-third)));
  report('CPU of one core', '%', (spent / sent.seconds) * 100);
  const lost = 1 - storedPoints(target, 20_000, 0, rounds) / sent.points;
  report('not stored', '%', lost * 100);
}

const scenarios: {
  name: string;
  settings: TargetSettings;
  run(target: CarbonTarget, report: Report): Promise<void>;
}[] = [
  { name: 'plaintext', settings: { memory: true }, run: (t, r) => known(t, { mode: 'tcp' }, r) },
  {
    name: 'plaintext without journal',
    settings: { memory: true, journal: false },
    run: (t, r) => known(t, { mode: 'tcp' }, r),
  },
  {
    name: 'plaintext, 100 connections',
    settings: { memory: true },
    run: (t, r) => known(t, { mode: 'tcp', connections: 100 }, r),
  },
  {
    name: 'plaintext, shuffled',
    settings: { memory: true },
    run: (t, r) => known(t, { mode: 'tcp', isShuffled: true }, r),
  },
  { name: 'pickle', settings: { memory: true }, run: (t, r) => known(t, { mode: 'pickle' }, r) },
  {
    name: 'protobuf',
    settings: { memory: true },
    run: (t, r) => known(t, { mode: 'protobuf' }, r),
  },
  { name: 'http', settings: { memory: true }, run: (t, r) => known(t, { mode: 'http' }, r) },
  { name: 'files, preallocated', settings: {}, run: files },
  { name: 'files, sparse', settings: { sparse: true }, run: files },
  { name: 'udp', settings: {}, run: udp },
  { name: 'freshness', settings: {}, run: freshness },
  { name: 'soak', settings: { sparse: true }, run: soak },
];
const onlyWhenAsked = ['soak'];

if (process.platform !== 'linux') {
  process.stdout.write('skipped: the cost of processes is read from /proc, which is Linux\n');
} else {
  const results: Record<string, Figure[]> = {};
  const wanted = args.only.split(',').filter((part) => part !== '');
  const isTarget = (name: string): name is TargetName => targetNames.some((one) => one === name);
  for (const name of ['dkumonitor', ...args.peer]) {
    if (!isTarget(name)) throw new Error(`no peer ${name}: there are ${targetNames.join(', ')}`);
    const figures: Figure[] = [];
    results[name] = figures;
    for (const { name: scenario, settings, run } of scenarios) {
      const isAsked = wanted.some((part) => scenario.includes(part));
      if (wanted.length > 0 ? !isAsked : onlyWhenAsked.includes(scenario)) continue;
      if (settings.journal === false && name !== 'dkumonitor') continue;
      const root = process.env['BENCH_DIRECTORY'] ?? tmpdir();
      const directory = mkdtempSync(join(root, 'carbon-bench-'));
      const target = await startTarget(name, directory, settings);
      try {
        await pause(500);
        await run(target, (figure, unit, value) => {
          figures.push({ scenario, figure, unit, value });
          if (args.json) return;
          const shown = value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(3);
          process.stdout.write(
            `${name.padEnd(14)}${scenario.padEnd(28)}${figure.padEnd(44)}${shown.padStart(12)} ${unit}\n`,
          );
        });
      } finally {
        await target.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    }
  }
  if (args.json) {
    const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version };
    process.stdout.write(`${JSON.stringify({ machine, results }, null, 1)}\n`);
  }
}
