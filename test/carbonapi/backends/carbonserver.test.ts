import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Backend } from '../../../bundle/carbonapi/backends/backend.ts';
import { createBackend } from '../../../bundle/carbonapi/backends/index.ts';
import { mergeSeries } from '../../../bundle/carbonapi/backends/merged.ts';
import { OperatingError } from '../../../bundle/core/errors.ts';
import { type FakeStore, startFakeStore } from './fake-store.ts';

const now = 1_763_650_800;
const options = { timeoutMs: 2000, retries: 0, connections: 4, answerBytes: 10_000_000 };
const minutes = [{ step: 60, points: 1440 }];
const window = { start: now - 300, end: now };

async function stores(context: TestContext, count: number): Promise<[FakeStore[], Backend]> {
  const list: FakeStore[] = [];
  for (let i = 0; i < count; i++) list.push(await startFakeStore(() => now));
  const backend = createBackend(
    list.map(({ url }) => ({ url, protocol: 'carbonapi_v3_pb' as const })),
    options,
  );
  context.after(async () => {
    await backend.stop();
    await Promise.all(list.map((store) => store.stop()));
  });
  return [list, backend];
}

test('one store: fetch, find, info, list and tags', async (context) => {
  const [[store], backend] = await stores(context, 1);
  store?.backend.add('a.b', minutes, [
    [now - 60, 1.5],
    [now, 2.5],
  ]);
  store?.backend.add('a.c', minutes, [[now, 7]]);
  store?.backend.add('disk;dc=x', minutes, [[now, 3]]);

  const { series, warnings } = await backend.fetch({ paths: ['a.*', 'no.such'], window });
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    series.map(({ name, pathExpression, start, step }) => [name, pathExpression, start, step]),
    [
      ['a.b', 'a.*', now - 240, 60],
      ['a.c', 'a.*', now - 240, 60],
    ],
  );
  assert.deepEqual([...(series[0]?.values ?? [])], [Number.NaN, Number.NaN, Number.NaN, 1.5, 2.5]);
  assert.deepEqual(await backend.fetch({ paths: ['no.such'], window }), {
    series: [],
    warnings: [],
  });

  const [found, none] = await backend.find(['a.*', 'x.*']);
  assert.deepEqual(found, {
    query: 'a.*',
    nodes: [
      { path: 'a.b', isLeaf: true },
      { path: 'a.c', isLeaf: true },
    ],
  });
  assert.deepEqual(none?.nodes, []);
  assert.equal((await backend.info('a.b'))?.maxRetention, 86_400);
  assert.equal(await backend.info('a.x'), undefined);
  assert.deepEqual(await backend.list(), ['a.b', 'a.c', 'disk;dc=x']);
  assert.deepEqual(await backend.tags.findSeries(['dc=x']), ['disk;dc=x']);
  assert.deepEqual(await backend.tags.tagNames({}), ['dc', 'name']);
  assert.deepEqual(await backend.tags.tagValues({ tag: 'dc', prefix: '' }), [
    { value: 'x', count: 0 },
  ]);
});

test('several stores: the first value of each point, names of all', async (context) => {
  const [[one, two], backend] = await stores(context, 2);
  one?.backend.add('a.b', minutes, [
    [now - 120, 1],
    [now, 3],
  ]);
  two?.backend.add('a.b', minutes, [
    [now - 60, 20],
    [now, 30],
  ]);
  two?.backend.add('a.only', minutes, [[now, 5]]);
  const { series } = await backend.fetch({ paths: ['a.*'], window });
  assert.deepEqual(
    series.map(({ name, values }) => [name, [...values].slice(2)]),
    [
      ['a.b', [1, 20, 3]],
      ['a.only', [Number.NaN, Number.NaN, 5]],
    ],
  );
  const [found] = await backend.find(['a.*']);
  assert.equal(found?.nodes.length, 2);
  assert.deepEqual(await backend.list(), ['a.b', 'a.only']);
});

test('a store that fails costs its part and a warning; all failing is an error', async (context) => {
  const [[one, two], backend] = await stores(context, 2);
  one?.backend.add('a.b', minutes, [[now, 3]]);
  await two?.stop();
  const { series, warnings } = await backend.fetch({ paths: ['a.b'], window });
  assert.equal(series.length, 1);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /does not answer/);
  await one?.stop();
  await assert.rejects(backend.fetch({ paths: ['a.b'], window }), { code: 'store-unavailable' });
});

test('series of different reach are laid over each other', () => {
  const base = { name: 'a', pathExpression: 'a', consolidate: 'average', xFilesFactor: 0 };
  const merged = mergeSeries(
    { ...base, start: 120, step: 60, values: Float64Array.of(1, Number.NaN) },
    { ...base, start: 60, step: 60, values: Float64Array.of(7, 8, 9, 10) },
  );
  assert.equal(merged.start, 60);
  assert.deepEqual([...merged.values], [7, 1, 9, 10]);
  const finer = { ...base, start: 0, step: 10, values: Float64Array.of(1) };
  assert.equal(mergeSeries({ ...finer, step: 60 }, finer), finer);
});

test('what would be too much is refused while it arrives, whatever another store says', async (context) => {
  const [[first], backend] = await stores(context, 2);
  for (let i = 0; i < 500; i++)
    first?.backend.add(`big.s${i}`, [{ step: 1, points: 2000 }], [[now, 1]]);
  const seen: number[] = [];
  const check = (series: number, points: number): void => {
    seen.push(points);
    if (series > 10) throw new OperatingError('too-many-series', 'enough');
  };
  const fetch = backend.fetch({
    paths: ['big.*'],
    window: { start: now - 2000, end: now },
    check,
  });
  await assert.rejects(fetch, { code: 'too-many-series' });
  assert.ok(Math.max(...seen) < 500 * 2000, 'before all of it has come');
});
