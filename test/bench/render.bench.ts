// Renders and finds through carbonapi and carbon together, over prepared Whisper files:
//   node test/bench/render.bench.ts [--series 10000] [--seconds 2] [--only NAME] [--json FILE]
// Every answer's shape is checked first. CPU is user + system of both services, from /proc, so Linux
// only; every URL is different, so that no kept answer helps. The goals are those of a quiet machine.
// Debian's graphite-web, where it is installed, answers some of the same URLs over the same files, in
// one process without a web server: what its views alone cost.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  closeWhisper,
  createWhisper,
  metricToPath,
  openWhisper,
  parseRetentions,
  updateMany,
} from '../../bundle/whisper/index.ts';
import { graphiteWebMissing, runGraphiteWeb } from '../carbon/graphite-web.ts';
import { serviceFlags } from './carbon-target.ts';

const { values: options } = parseArgs({
  options: {
    series: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const seriesCount = Math.max(1000, Math.floor(Number(options.series) / 1000) * 1000);
const seconds = Number(options.seconds);
const step = 300;
const pointsPerDay = 288;
const longSeries = 100; // these have 29 days, the others one
const root = new URL('../..', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'render-bench-'));
const services: ChildProcess[] = [];
process.on('exit', () => {
  for (const service of services) service.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** bench.r00.host000.plug0.value0 … : ten values, ten plugs, a hundred hosts, so many racks. */
function nameOf(series: number): string {
  const digits = (value: number, count: number) => String(value).padStart(count, '0');
  const rack = digits(Math.floor(series / 10_000), 2);
  const host = digits(Math.floor(series / 100) % 100, 3);
  return `bench.r${rack}.host${host}.plug${Math.floor(series / 10) % 10}.value${series % 10}`;
}

function prepareFiles(end: number): void {
  const archives = parseRetentions('5m:30d,1h:1y');
  for (let series = 0; series < seriesCount; series++) {
    const count = (series < longSeries ? 29 : 1) * pointsPerDay;
    const times = Float64Array.from({ length: count }, (_, i) => end - (count - 1 - i) * step);
    const values = times.map((time) => ((series * 7919 + time / step) % 90_000) / 100);
    const file = join(directory, 'whisper', metricToPath(nameOf(series)));
    mkdirSync(dirname(file), { recursive: true });
    createWhisper(file, { archives, sparse: true });
    const handle = openWhisper(file);
    updateMany(handle, times, values, count, end);
    closeWhisper(handle);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function start(name: string, configuration: string): ChildProcess {
  mkdirSync(join(directory, 'conf'), { recursive: true });
  writeFileSync(join(directory, 'conf', `${name}.yml`), configuration);
  const service = spawn(
    process.execPath,
    [...serviceFlags, join(root, 'bundle', name, 'main.ts')],
    {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  services.push(service);
  return service;
}

const agent = new Agent({ keepAlive: true });

function fetchText(port: number, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    }).on('error', reject);
  });
}

/** User and system seconds of a process. */
function cpuSeconds({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

interface Scenario {
  name: string;
  /** CPU ms a request on a quiet machine. */
  goal: number;
  /** Entries of an answer, and values of the first series in it. */
  entries: number;
  points?: number;
  path(turn: number): string;
}

function scenarios(end: number): Scenario[] {
  const racks = Math.max(1, Math.floor(seriesCount / 10_000));
  const hosts = Math.min(100, seriesCount / 100);
  const two = (value: number) => String(value).padStart(2, '0');
  const three = (value: number) => String(value).padStart(3, '0');
  const day = 86_400;
  const render = (target: string, turn: number, days = 1, more = '') =>
    `/render?format=json&target=${encodeURIComponent(target)}&from=${end - days * day - (turn % 290)}&until=${end - (Math.floor(turn / 290) % 290)}${more}`;
  const perPlug = racks * hosts * 10;
  return [
    {
      name: 'single series 1 d',
      goal: 0.4,
      entries: 1,
      points: pointsPerDay,
      path: (turn) => render(nameOf((turn * 7919) % seriesCount), turn),
    },
    {
      name: 'wildcard, 100 series',
      goal: 8,
      entries: 100,
      points: pointsPerDay,
      path: (turn) => render(`bench.r${two(turn % racks)}.host${three(turn % hosts)}.*.*`, turn),
    },
    {
      name: `sumSeries of ${hosts * 10}`,
      goal: (20 * hosts) / 100,
      entries: 1,
      points: pointsPerDay,
      path: (turn) => render(`sumSeries(bench.r${two(turn % racks)}.*.plug${turn % 10}.*)`, turn),
    },
    {
      name: 'aliasByNode(movingAverage) of 10',
      goal: 2,
      entries: 10,
      points: pointsPerDay,
      path: (turn) =>
        render(
          `aliasByNode(movingAverage(bench.r00.host${three(turn % hosts)}.plug${turn % 10}.*,12),2,4)`,
          turn,
        ),
    },
    {
      name: 'maxDataPoints=400 of 10 × 29 d',
      goal: 8,
      entries: 10,
      path: (turn) =>
        render(`bench.r00.host000.plug${turn % 10}.*`, turn, 29, '&maxDataPoints=400'),
    },
    {
      name: `expand to ${perPlug / 10}`,
      goal: 3,
      entries: perPlug / 10,
      path: (turn) =>
        `/metrics/expand?query=bench.*.*.plug${turn % 10}.value${Math.floor(turn / 10) % 10}&x=${turn}&noCache=1`,
    },
    {
      name: 'find one level',
      goal: 0.25,
      entries: 10,
      path: (turn) =>
        `/metrics/find?query=bench.r00.host${three(turn % hosts)}.*&x=${turn}&noCache=1`,
    },
  ];
}

function check(scenario: Scenario, { status, text }: { status: number; text: string }): void {
  assert.equal(status, 200, `${scenario.name}: ${text.slice(0, 200)}`);
  const answer = JSON.parse(text);
  const entries = Array.isArray(answer) ? answer : answer.results;
  assert.equal(entries.length, scenario.entries, scenario.name);
  if (scenario.points === undefined) return;
  const values = entries[0].datapoints.filter(([value]: [number | null]) => value !== null);
  assert.ok(Math.abs(values.length - scenario.points) <= 2, `${scenario.name}: ${values.length}`);
}

interface Row {
  name: string;
  requests: number;
  p50: number;
  p99: number;
  carbonMs: number;
  apiMs: number;
  goal: number;
}

const clientsAtOnce = 4;

/** Latency with one client at a time, CPU with four. */
async function measure(
  scenario: Scenario,
  port: number,
  [carbon, api]: [ChildProcess, ChildProcess],
): Promise<Row> {
  let turn = 0;
  const ask = () => fetchText(port, scenario.path(turn++));
  check(scenario, await ask());
  /** Milliseconds of each request of one client. */
  const askFor = async (milliseconds: number): Promise<number[]> => {
    const latencies: number[] = [];
    const until = performance.now() + milliseconds;
    while (performance.now() < until) {
      const begun = performance.now();
      const { status } = await ask();
      assert.equal(status, 200);
      latencies.push(performance.now() - begun);
    }
    return latencies;
  };
  await askFor(500);
  const latencies = (await askFor(seconds * 1000)).sort((a, b) => a - b);
  const quantile = (share: number): number =>
    latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  const before = [cpuSeconds(carbon), cpuSeconds(api)];
  const clients = Array.from({ length: clientsAtOnce }, () => askFor(seconds * 1000));
  const requests = (await Promise.all(clients)).flat().length;
  const perRequest = (service: ChildProcess, index: number) =>
    ((cpuSeconds(service) - (before[index] ?? 0)) / requests) * 1000;
  return {
    name: scenario.name,
    requests,
    p50: quantile(0.5),
    p99: quantile(0.99),
    carbonMs: perRequest(carbon, 0),
    apiMs: perRequest(api, 1),
    goal: scenario.goal,
  };
}

/** CPU ms of graphite-web for each scenario. */
async function measureGraphiteWeb(list: readonly Scenario[]): Promise<Map<string, number>> {
  const plans = list.map(({ name, entries, path }) => ({
    name,
    entries,
    paths: Array.from({ length: 200 }, (_, turn) => path(turn)),
  }));
  const file = join(directory, 'plans.json');
  writeFileSync(file, JSON.stringify(plans));
  const program = `
import time
def answer(path):
    answer = Client().get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content
costs = {}
for plan in json.load(open(${JSON.stringify(file)})):
    found = json.loads(answer(plan['paths'][0]))
    entries = found if isinstance(found, list) else found['results']
    assert len(entries) == plan['entries'], (plan['name'], len(entries))
    begun, count = time.process_time(), 0
    for path in plan['paths'][1:]:
        answer(path)
        count += 1
        if count >= 3 and time.process_time() - begun > ${seconds}: break
    costs[plan['name']] = (time.process_time() - begun) / count * 1000
result(costs)
`;
  const settings = {
    WHISPER_DIR: JSON.stringify(join(directory, 'whisper')),
    CARBONLINK_HOSTS: '[]',
  };
  return new Map(
    Object.entries((await runGraphiteWeb(settings, program)) as Record<string, number>),
  );
}

/** Single-series renders while one request for thousands of series after the other is worked on. */
async function measureFairness(scenario: Scenario, port: number, end: number): Promise<string> {
  const target = encodeURIComponent('sumSeries(scale(bench.r00.*.*.*,2))');
  let isOver = false;
  const askForMany = async (): Promise<number> => {
    for (let turn = 0; ; turn++) {
      if (isOver) return turn;
      const range = `from=${end - 86_400 - turn}&until=${end}`;
      const { status } = await fetchText(port, `/render?format=json&target=${target}&${range}`);
      assert.equal(status, 200);
    }
  };
  const large = askForMany();
  const latencies: number[] = [];
  const warm = performance.now() + 1000;
  const until = warm + seconds * 2000;
  for (let turn = 0; performance.now() < until; turn++) {
    const begun = performance.now();
    await fetchText(port, scenario.path(turn));
    if (begun > warm) latencies.push(performance.now() - begun);
  }
  isOver = true;
  const requests = await large;
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): string =>
    (latencies[Math.floor(latencies.length * share)] ?? Number.NaN).toFixed(1);
  return (
    `beside ${requests} requests for ${Math.min(10_000, seriesCount)} series, one after the other: ` +
    `single p50 ${quantile(0.5)}, p95 ${quantile(0.95)}, p99 ${quantile(0.99)} ms (${latencies.length} requests)`
  );
}

function peakMebibytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

const end = Math.floor(Date.now() / 1000 / step) * step;
process.stdout.write(`preparing ${seriesCount} files …\n`);
prepareFiles(end);
const [plaintext, carbonserver, apiPort] = [await freePort(), await freePort(), await freePort()];
mkdirSync(join(directory, 'conf'), { recursive: true });
writeFileSync(
  join(directory, 'conf', 'storage-schemas.conf'),
  '[all]\npattern = .*\nretentions = 5m:30d,1h:1y\n',
);
const carbon = start(
  'carbon',
  `plaintext: { listen: "127.0.0.1:${plaintext}" }\ncarbonserver: { listen: "127.0.0.1:${carbonserver}" }\n` +
    'storage: { directory: whisper }\njournal: { enabled: false }\nselfMetrics: { enabled: false }\n',
);
const api = start(
  'carbonapi',
  `listen: "127.0.0.1:${apiPort}"\nbackends: ["http://127.0.0.1:${carbonserver}"]\n`,
);
const all = scenarios(end);
const expand = all.find(({ name }) => name.startsWith('expand'));
for (let known = -1; known !== expand?.entries; ) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(carbon.exitCode ?? api.exitCode, null, 'a service has ended');
  const answer = await fetchText(apiPort, expand?.path(0) ?? '').catch(() => undefined);
  if (answer?.status === 200) known = JSON.parse(answer.text).results.length;
}

const rows: Row[] = [];
process.stdout.write(
  `${'CPU ms a request'.padEnd(34)} carbon    api    sum   goal |  p50 ms  p99 ms\n`,
);
const asked = all.filter(({ name }) => name.includes(options.only));
for (const scenario of asked) {
  const row = await measure(scenario, apiPort, [carbon, api]);
  rows.push(row);
  const cells = [row.carbonMs, row.apiMs, row.carbonMs + row.apiMs]
    .map((value) => value.toFixed(2).padStart(6))
    .join(' ');
  process.stdout.write(
    `${row.name.padEnd(34)} ${cells} ${row.goal.toFixed(2).padStart(6)} | ${row.p50.toFixed(2).padStart(7)} ${row.p99.toFixed(2).padStart(7)}\n`,
  );
}
if (graphiteWebMissing === false) {
  const peer = await measureGraphiteWeb(asked);
  process.stdout.write('CPU ms a request                   graphite-web    ours  ratio\n');
  for (const { name, carbonMs, apiMs } of rows) {
    const theirs = peer.get(name) ?? Number.NaN;
    const ours = carbonMs + apiMs;
    const cells = [theirs.toFixed(2).padStart(12), ours.toFixed(2).padStart(7)].join(' ');
    process.stdout.write(`${name.padEnd(34)} ${cells} ${(ours / theirs).toFixed(3).padStart(6)}\n`);
  }
} else process.stdout.write(`no graphite-web beside: ${graphiteWebMissing}\n`);
const single = all[0];
if (single !== undefined && options.only === '')
  process.stdout.write(`${await measureFairness(single, apiPort, end)}\n`);
process.stdout.write(
  `peak memory: carbon ${peakMebibytes(carbon)} MiB, carbonapi ${peakMebibytes(api)} MiB\n`,
);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, null, 1));
process.exit();
