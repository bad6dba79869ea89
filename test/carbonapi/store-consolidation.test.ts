import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createMetricIndex } from '../../bundle/carbon/metric-index/index.ts';
import { type CarbonserverService, startCarbonserver } from '../../bundle/carbon/server/index.ts';
import type { FetchedMetric, MetricReader } from '../../bundle/carbon/store.ts';
import type { Backend, FetchRequest } from '../../bundle/carbonapi/backends/backend.ts';
import { createBackend } from '../../bundle/carbonapi/backends/index.ts';
import { silentLogger } from '../../bundle/core/log.ts';
import { startApiOver, type TestApi } from './test-api.ts';

const now = 1_763_650_812;
const hours = 3600;
const options = { timeoutMs: 5000, retries: 0, connections: 4, answerBytes: 100_000_000 };

interface Stored {
  step: number;
  /** How long ago its oldest point is, seconds. */
  reach: number;
  aggregation: string;
  /** One value in so many is missing. */
  gapEvery: number;
}

const stored: Record<string, Stored> = {
  'same.a': { step: 60, reach: 48 * hours, aggregation: 'average', gapEvery: 7 },
  'same.b': { step: 60, reach: 48 * hours, aggregation: 'sum', gapEvery: 2 },
  'same.c': { step: 60, reach: 48 * hours, aggregation: 'max', gapEvery: 1 },
  'mixed.ten': { step: 10, reach: 6 * hours, aggregation: 'last', gapEvery: 5 },
  'mixed.minute': { step: 60, reach: 48 * hours, aggregation: 'min', gapEvery: 3 },
  'mixed.five': { step: 300, reach: 900 * hours, aggregation: 'median', gapEvery: 4 },
  'mixed.young': { step: 60, reach: 2 * hours, aggregation: 'absmax', gapEvery: 3 },
  'odd.seven': { step: 7, reach: 20 * hours, aggregation: 'p95', gapEvery: 6 },
  'disk.used;host=a': { step: 60, reach: 48 * hours, aggregation: 'average', gapEvery: 9 },
  'disk.used;host=b': { step: 60, reach: 48 * hours, aggregation: 'avg_zero', gapEvery: 2 },
};

/** Windows as Whisper answers them; a value follows from its time. */
function fetchStored(metric: string, from: number, until: number): FetchedMetric | undefined {
  const series = stored[metric];
  if (series === undefined || from > now || until < now - series.reach) return undefined;
  const { step, reach, aggregation, gapEvery } = series;
  const first = Math.max(from, now - reach);
  const start = first - (first % step) + step;
  const last = Math.min(until, now);
  const end = Math.max(start + step, last - (last % step) + step);
  const values = new Float64Array((end - start) / step);
  for (let i = 0; i < values.length; i++) {
    const slot = start / step + i;
    const isGap = (slot * 2_654_435_761) % 1009 < 1009 / gapEvery && gapEvery > 1;
    values[i] = isGap ? Number.NaN : ((slot * 7919) % 10_007) / 7 - 500;
  }
  return { start, step, values, aggregationMethod: aggregation, xFilesFactor: 0.5 };
}

const reader: MetricReader = {
  fetch: fetchStored,
  info: () => undefined,
  cached: () => ({ times: new Float64Array(0), values: new Float64Array(0) }),
};

/** `backend`, never asked to consolidate; and what it was asked. */
function everyPoint(backend: Backend): Backend {
  const plain = Object.create(backend) as Backend;
  plain.fetch = ({ consolidation: _, ...request }) => backend.fetch(request);
  return plain;
}

let store: CarbonserverService;
let backend: Backend;
let asked: FetchRequest[] = [];
let consolidating: TestApi<Backend>;
let whole: TestApi<Backend>;

before(async () => {
  const index = createMetricIndex();
  for (const metric of Object.keys(stored)) index.add(metric);
  store = await startCarbonserver({
    address: { host: '127.0.0.1', port: 0 },
    reader,
    index,
    log: silentLogger,
    whisperDirectory: '/nonexistent',
    clock: () => now * 1000,
  });
  const url = `http://127.0.0.1:${store.address.port}`;
  backend = createBackend([{ url, protocol: 'carbonapi_v3_pb' }], options);
  const watched = Object.create(backend) as Backend;
  watched.fetch = (request) => {
    asked.push(request);
    return backend.fetch(request);
  };
  const surroundings = { clock: () => now * 1000 };
  consolidating = await startApiOver(watched, {}, surroundings);
  whole = await startApiOver(everyPoint(backend), {}, surroundings);
});

after(async () => {
  await consolidating.stop();
  await whole.stop();
  await backend.stop();
  await store.stop();
});

async function render(api: TestApi<Backend>, query: URLSearchParams): Promise<string> {
  const response = await fetch(`${api.url}/render`, { method: 'POST', body: query });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

/** The same request with and without the store's help; what the store was asked for it. */
async function bothWays(fields: Record<string, string | number | string[]>) {
  const query = new URLSearchParams({ noCache: '1' });
  for (const [name, value] of Object.entries({ format: 'json', ...fields }))
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  asked = [];
  const answer = await render(consolidating, query);
  const requests = asked;
  assert.equal(answer, await render(whole, query), query.toString());
  return { answer, requests };
}

const isAsked = ({ consolidation }: FetchRequest): boolean => consolidation !== undefined;

test('the store consolidates where every series has the range of the whole answer', async () => {
  const window = { from: now - 24 * hours, until: now, maxDataPoints: 100 };
  const targets = [
    'same.*',
    'seriesByTag("host=~.")',
    'aliasByNode(same.*, 1)',
    'alias(consolidateBy(cumulative(same.*), "max"), "x")',
    'group(cumulative(same.a), same.b, same.?)',
  ];
  for (const target of targets) {
    const { requests, answer } = await bothWays({ ...window, target });
    assert.deepEqual(requests.map(isAsked), [true], target);
    assert.ok(JSON.parse(answer).length > 1);
  }
  const { series } = await backend.fetch({
    paths: ['same.a'],
    window: { start: now - 24 * hours, end: now },
    consolidation: { maxDataPoints: 100, by: new Map() },
  });
  assert.equal(series[0]?.step, 15 * 60);
  assert.equal(series[0]?.consolidatedFrom?.step, 60);
});

test('it is not asked where somebody looks at the points, or the answer has all of them', async () => {
  const window = { from: now - 24 * hours, until: now, maxDataPoints: 100 };
  const requests: Record<string, string | number | string[]>[] = [
    { target: 'scale(same.a, 2)' },
    { target: ['same.a', 'sumSeries(same.*)'] },
    { target: 'alias(timeShift(same.a, "1h"), "x")' },
    { target: ['same.a', 'consolidateBy(same.a, "max")'] },
    { target: 'cumulative(seriesByTag("host=~."))' },
    { target: ['cumulative(disk.used;host=a)', 'seriesByTag("name=disk.used")'] },
    { target: 'setXFilesFactor(same.a, 0.9)' },
    { target: 'same.b', xFilesFactor: 0.5 },
    { target: 'same.a', maxDataPoints: 1 },
    { target: 'same.a', format: 'csv' },
    { target: 'same.a', format: 'pickle' },
    { target: 'removeEmptySeries(same.*)' },
  ];
  for (const request of requests) {
    const { requests } = await bothWays({ ...window, ...request });
    assert.ok(requests.length > 0 && !requests.some(isAsked), JSON.stringify(request));
  }
});

test('series of another range than the whole answer are read again, as they are', async () => {
  const { requests } = await bothWays({
    target: ['same.a', 'mixed.young'],
    from: now - 40 * hours,
    until: now,
    maxDataPoints: 50,
  });
  assert.deepEqual(requests.map(isAsked), [true, false]);
});

const paths = [
  ...Object.keys(stored),
  'same.*',
  'mixed.*',
  '*.*',
  'no.such',
  'seriesByTag("name=disk.used")',
];
const wrap: ((target: string) => string)[] = [
  (target) => target,
  (target) => `alias(${target}, "x")`,
  (target) => `aliasByNode(${target}, 1)`,
  (target) => `aliasSub(${target}, "m(.)", "\\1\\1")`,
  (target) => `sortByName(${target}, true)`,
  (target) => `limit(${target}, 2)`,
  (target) => `exclude(${target}, "young")`,
  (target) => `group(${target}, same.a)`,
  (target) => `unique(${target}, mixed.five)`,
  (target) => `color(secondYAxis(dashed(${target})), "red")`,
  (target) => `substr(upper(${target}), 1, 2)`,
  (target) => `consolidateBy(${target}, "max")`,
  (target) => `cumulative(alias(${target}, "x"))`,
  (target) => `consolidateBy(cumulative(${target}), "first")`,
  (target) => `keepLastValue(${target})`,
];

test('any request has the same answer, whoever consolidates', async () => {
  const target = fc
    .tuple(fc.constantFrom(...paths), fc.constantFrom(...wrap))
    .map(([path, around]) => around(path));
  const requests = fc.record({
    target: fc.array(target, { minLength: 1, maxLength: 3 }),
    from: fc.integer({ min: 100, max: 60 * hours }).map((ago) => now - ago),
    length: fc.integer({ min: 1, max: 60 * hours }),
    maxDataPoints: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 2000 })),
    xFilesFactor: fc.constantFrom(0, 0, 0, 0.5),
    noNullPoints: fc.constantFrom(0, 1),
  });
  let helped = 0;
  await fc.assert(
    fc.asyncProperty(requests, async ({ length, ...request }) => {
      const both = await bothWays({ ...request, until: request.from + length });
      if (both.requests.length === 1 && both.requests.every(isAsked)) helped++;
    }),
    { numRuns: 400 },
  );
  assert.ok(helped > 100, `the store consolidated in ${helped} of 400`);
});

test('limits count the points that the store read', async () => {
  const limited = await startApiOver(
    backend,
    { limits: { points: 1000 } },
    { clock: () => now * 1000 },
  );
  try {
    const answer = await fetch(
      `${limited.url}/render?target=same.a&from=${now - 24 * hours}&until=${now}&maxDataPoints=10&format=json`,
    );
    assert.equal(answer.status, 413);
    assert.match(await answer.text(), /reads 1440 points/);
  } finally {
    await limited.stop();
  }
});
