// Seeded random expressions, answered by Debian's graphite-web and by us from the same carbon: same
// series, names, times and values. A failure names the expression; `count` and `seed` may be raised by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createBackend } from '../../../bundle/carbonapi/backends/index.ts';
import { carbonapiConfig } from '../../../bundle/carbonapi/config.ts';
import { EventStore } from '../../../bundle/carbonapi/events/store.ts';
import { createApi } from '../../../bundle/carbonapi/http/api.ts';
import { startApiServer } from '../../../bundle/carbonapi/http/server.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import {
  type CarbonProcess,
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
} from '../../carbon/carbon-process.ts';
import { graphiteWebMissing, runGraphiteWeb } from '../../carbon/graphite-web.ts';

const seed = 20_261_128;
const count = 300;

/** What is not compared, with the reason: graphite-web 1.1.8 differs from its master, which we follow. */
const notCompared: readonly (readonly [RegExp, string])[] = [
  [/moving(?:Average|Window)/, '1.1.8 ends a window before the point that it stands for'],
  [
    /(?:exponential|timeShift|timeStack|linearRegression|hitcount).*stacked/,
    'it evaluates the argument twice and stacks it upon itself',
  ],
  [/stdev/, 'of large values it is what rounding leaves, and Python rounds squares differently'],
];

interface Target {
  target: string;
  tags?: Record<string, string>;
  datapoints: [number | string | null, number][];
}
interface Request {
  target: string;
  from: number;
  until: number;
  maxDataPoints?: number;
}

/** Numbers from 0 to 1, always the same for a seed (a linear congruential generator). */
function numbers(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const end = Math.floor(Date.now() / 3_600_000) * 3600 - 3600;
const start = end - 3 * 3600;

/** Lines of all series: whole numbers, decimals, negative ones, gaps, counters, two steps. */
function lines(): string {
  const next = numbers(seed);
  const kinds: Record<string, (i: number) => number | undefined> = {
    'hosts.a.load': (i) => Math.round(500 + 400 * Math.sin(i / 9)) / 100,
    'hosts.b.load': () => Math.round(next() * 800) / 100,
    'hosts.c.load': (i) => (next() < 0.2 ? undefined : i % 7),
    'hosts.a.memory': () => Math.round(next() * 1e9),
    'hosts.b.memory': (i) => 1e6 * (i % 13),
    'gaps.blocks': (i) => (i % 30 < 9 ? undefined : 50 + (i % 11)),
    'gaps.late': (i) => (i < 120 ? undefined : i),
    'other.negative': (i) => Math.round(-300 + 900 * next()) / 10 - (i % 3),
    'other.counter': (i) => (i * 37) % 4096,
    'other.zero': () => 0,
    'other.small': () => Math.round(next() * 1e4) / 1e9,
    'slow.watts': (i) => 200 + (i % 17),
  };
  let text = '';
  for (const [name, valueAt] of Object.entries(kinds)) {
    const step = name.startsWith('slow.') ? 300 : 60;
    for (let time = start, i = 0; time <= end; time += step, i++) {
      const value = valueAt(i);
      if (value !== undefined) text += `${name} ${value} ${time}\n`;
    }
  }
  return text;
}

/** A generator of expressions up to some calls deep. */
function expressions(next: () => number): (depth: number) => string {
  const one = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const paths = [
    'hosts.*.load',
    'hosts.{a,b}.*',
    'hosts.a.load',
    'hosts.*.memory',
    'gaps.*',
    'other.*',
    'slow.watts',
    'no.such',
    'group(slow.watts,hosts.a.load)',
  ];
  const aggregation = (): string =>
    one(['sum', 'avg', 'max', 'min', 'median', 'count', 'last', 'diff', 'range', 'stddev']);
  const span = (): string => one(['5min', '7min', '10min', '90s', '1h']);
  const number = (): number => one([0, 1, 2, 5, -1, 0.5, 100, 50, 2.5]);
  const percent = (): number => one([5, 25, 50, 90, 99]);
  const names = `absolute averageSeries changed countSeries derivative diffSeries exp integral interpolate
    invert isNonNull keepLastValue logit maxSeries minMax minSeries multiplySeries offsetToZero
    perSecond powSeries rangeOfSeries sigmoid sortByMaxima sortByName squareRoot stddevSeries sumSeries
    transformNull nonNegativeDerivative linearRegression cactiStyle asPercent removeEmptySeries round`;
  const simple = names.split(/\s+/).map((name) => (list: string) => `${name}(${list})`);
  const calls: ((list: string) => string)[] = [
    ...simple,
    (list) => `aggregate(${list},"${aggregation()}"${one(['', ',0.5'])})`,
    (list) => `aggregateLine(${list},"${aggregation()}")`,
    (list) => `aliasByNode(${list},${one([0, 1, -1])})`,
    (list) => `consolidateBy(${list},"${one(['sum', 'max', 'min', 'first', 'last'])}")`,
    (list) => `delay(${list},${one([1, 3, -2])})`,
    (list) => `exponentialMovingAverage(${list},${one(['3', '10', '"5min"'])})`,
    (list) => `filterSeries(${list},"${aggregation()}","${one(['>', '<=', '='])}",${number()})`,
    (list) => `groupByNode(${list},${one([0, 1, 2])},"${aggregation()}")`,
    (list) => `highest(${list},2,"${aggregation()}")`,
    (list) => `hitcount(${list},"${span()}"${one(['', ',true'])})`,
    (list) => `integralByInterval(${list},"${span()}")`,
    (list) => `legendValue(${list},"${one(['avg', 'max', 'last'])}"${one(['', ',"si"'])})`,
    (list) => `log(${list},${one([2, 10])})`,
    (list) => `movingAverage(${list},${one(['3', '"5min"', '"7min"'])}${one(['', ',0.5'])})`,
    (list) => `movingWindow(${list},${one(['4', '"10min"'])},"${aggregation()}")`,
    (list) => `nPercentile(${list},${percent()})`,
    (list) => `offset(${list},${number()})`,
    (list) => `percentileOfSeries(${list},${percent()},${one(['true', 'false'])})`,
    (list) => `pow(${list},${number()})`,
    (list) => `removeAbovePercentile(${list},${percent()})`,
    (list) => `removeBelowValue(${list},${number()})`,
    (list) => `scale(${list},${number()})`,
    (list) => `scaleToSeconds(${list},${one([1, 60, 3600])})`,
    (list) => `smartSummarize(${list},"${span()}","${aggregation()}")`,
    (list) => `sortBy(${list},"${aggregation()}",${one(['true', 'false'])})`,
    (list) => `stacked(${list})`,
    (list) => `stdev(${list},${one([2, 5])})`,
    (list) => `substr(${list},${one(['0', '1', '-1', '0,2'])})`,
    (list) => `summarize(${list},"${span()}","${aggregation()}"${one(['', ',true'])})`,
    (list) => `timeShift(${list},"${one(['', '-'])}${span()}")`,
    (list) => `timeStack(${list},"${span()}",0,2)`,
    (list) => `sumSeriesWithWildcards(${list},1)`,
  ];
  const expression = (depth: number): string => {
    if (depth === 0) return one(paths);
    if (next() < 0.15)
      return one([
        (a: string, b: string) => `divideSeries(${a},sumSeries(${b}))`,
        (a: string, b: string) => `group(${a},${b})`,
        (a: string, b: string) => `asPercent(${a},sumSeries(${b}))`,
        (a: string, b: string) => `fallbackSeries(${a},${b})`,
        (a: string, b: string) => `sumSeries(${a},${b})`,
      ])(expression(depth - 1), expression(0));
    return one(calls)(expression(depth - 1));
  };
  return expression;
}

function requests(): Request[] {
  const next = numbers(seed + 1);
  const expression = expressions(next);
  const made: Request[] = [];
  for (let i = 0; i < count; i++) {
    const target = expression(1 + Math.floor(next() * 3));
    const from = start + 3600 + Math.floor(next() * 60) * 60 + (next() < 0.2 ? 7 : 0);
    const until = from + Math.floor(1 + next() * 59) * 60;
    const maxDataPoints = next() < 0.3 ? { maxDataPoints: Math.ceil(next() * 40) } : {};
    made.push({ target, from, until, ...maxDataPoints });
  }
  return made;
}

const parse = (text: string): Target[] => JSON.parse(text) as Target[];

function sameValue(ours: number | string | null, theirs: number | string | null): boolean {
  if (ours === theirs) return true;
  if (typeof ours !== 'number' || typeof theirs !== 'number') return false;
  return Math.abs(ours - theirs) <= 1e-12 + 1e-6 * Math.max(Math.abs(ours), Math.abs(theirs));
}

/** The first difference, or undefined. */
function difference(ours: readonly Target[], theirs: readonly Target[]): string | undefined {
  const names = (list: readonly Target[]): string => list.map(({ target }) => target).join(' | ');
  if (names(ours) !== names(theirs)) return `series ${names(ours)}\n  not ${names(theirs)}`;
  for (const [i, { target, datapoints }] of theirs.entries()) {
    const own = ours[i]?.datapoints ?? [];
    if (own.length !== datapoints.length)
      return `${target}: ${own.length} points, not ${datapoints.length}`;
    for (const [k, [value, time]] of datapoints.entries()) {
      const [ownValue, ownTime] = own[k] ?? [null, 0];
      if (ownTime !== time || !sameValue(ownValue, value))
        return `${target}: point ${k} is [${ownValue}, ${ownTime}], not [${value}, ${time}]`;
    }
  }
  return undefined;
}

let carbon: CarbonProcess | undefined;
let directory = '';

before(async () => {
  if (graphiteWebMissing) return;
  directory = makeInstance(
    {},
    '[slow]\npattern = ^slow\\.\nretentions = 300s:2d\n[all]\npattern = .*\nretentions = 60s:2d\n',
  );
  carbon = await startCarbonProcess(directory);
  await sendTcp(carbon.ports['tcp'] ?? 0, lines());
  const url = `http://127.0.0.1:${carbon.ports['carbonserver']}/metrics/find/?query=slow.watts`;
  await waitFor('the last series', async () => ((await fetch(url)).ok ? true : undefined));
});

after(async () => {
  if (carbon === undefined) return;
  await carbon.end('SIGKILL');
  removeInstance(directory);
});

test('random expressions mean what they mean to graphite-web', {
  skip: graphiteWebMissing,
}, async () => {
  const store = `127.0.0.1:${carbon?.ports['carbonserver']}`;
  const asked = requests().filter(({ target }) => !notCompared.some(([each]) => each.test(target)));
  assert.ok(asked.length > count * 0.8, 'few requests are left out');
  const answers = (await runGraphiteWeb(
    {
      CLUSTER_SERVERS: `['${store}']`,
      STORAGE_FINDERS: "['graphite.finders.remote.RemoteFinder']",
      TAGDB: "''",
    },
    `
from django.test import Client
answers = []
for request in json.loads(${JSON.stringify(JSON.stringify(asked))}):
    try:
        answer = Client(raise_request_exception=False).get('/render', dict(request, format='json', noCache='1'))
        answers.append([answer.status_code, answer.content.decode('utf-8')])
    except Exception as error:
        answers.append([500, str(error)])
result(answers)
`,
  )) as [number, string][];
  const config = carbonapiConfig.parse({
    listen: '127.0.0.1:0',
    events: ':memory:',
    backends: [`http://${store}`],
  });
  const backend = createBackend(config.backends, config.backend);
  const events = new EventStore(':memory:');
  const api = createApi({ backend, config, log: silentLogger, clock: Date.now, events });
  const server = await startApiServer(api);
  const differences: string[] = [];
  let compared = 0;
  for (const [i, request] of asked.entries()) {
    const [status, text] = answers[i] ?? [0, ''];
    // What graphite-web fails at says nothing about what is right.
    if (status >= 500) continue;
    const query = new URLSearchParams({ format: 'json', noCache: '1' });
    for (const [name, value] of Object.entries(request)) query.set(name, String(value));
    const response = await fetch(`http://127.0.0.1:${server.address.port}/render?${query}`);
    const own = await response.text();
    compared++;
    const found =
      response.status === status
        ? status === 200
          ? difference(parse(own), parse(text))
          : undefined
        : `status ${response.status} ${own.slice(0, 200)}, not ${status} ${text.slice(0, 200)}`;
    if (found !== undefined) differences.push(`${JSON.stringify(request)}\n  ${found}`);
  }
  await server.stop();
  await Promise.all([backend.stop(), api.rasterizer.stop()]);
  events.stop();
  assert.deepEqual(differences, []);
  assert.ok(compared > asked.length * 0.8, `${compared} of ${asked.length} compared`);
});
