// /metrics/find, /metrics/expand and /tags where graphite-web's answers have a shape of their own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestApi, type TestApi } from '../test-api.ts';

const now = 1_763_650_800;
let api: TestApi;

before(async () => {
  api = await startTestApi({}, () => now * 1000);
  const archives = [{ step: 60, points: 1440 }];
  for (const name of [
    'b.x.two',
    'b.y.one',
    'a.x.one',
    'a.quoted%2Fname',
    'disk;dc=one;rack=r1',
    'disk;dc=two',
    'cpu;os=linux',
  ])
    api.backend.add(name, archives, [[now - 60, 1]]);
});
after(() => api.stop());

async function get(path: string, status = 200): Promise<unknown> {
  const response = await fetch(api.url + path);
  assert.equal(response.status, status, path);
  return status === 200 ? response.json() : response.text();
}

const texts = async (query: string): Promise<string[]> =>
  ((await get(`/metrics/find?${query}`)) as { text: string }[]).map(({ text }) => text);

test('a tree is ordered by what it shows, with one entry for all of several nodes', async () => {
  assert.deepEqual(await texts('query=*.*.*'), ['one', 'two']);
  assert.deepEqual(await texts('query=*.x.one&wildcards=1'), ['one']);
  const tree = (await get('/metrics/find?query=*.*.one&wildcards=1')) as { leaf: number }[];
  assert.deepEqual(
    tree.map(({ leaf }) => leaf),
    [1, 1],
    'an entry for leaves is a leaf',
  );
  assert.deepEqual(await texts('query=a.quoted*'), ['quoted/name']);
});

test('a completer has its entry for all at the end, and takes a list of nodes', async () => {
  const { metrics } = (await get('/metrics/find?query=*.*.&format=completer&wildcards=1')) as {
    metrics: { name: string; path?: string }[];
  };
  assert.deepEqual(
    metrics.map(({ name }) => name),
    ['one', 'one', 'two', '*'],
  );
  const variants = '/metrics/find?query=a,b.x&format=completer&automatic_variants=1';
  assert.equal(((await get(variants)) as { metrics: unknown[] }).metrics.length, 2);
});

test('a list of nodes shows those at a position, in order', async () => {
  const list = (position: number): Promise<unknown> =>
    get(`/metrics/find?query=*.*.*&format=nodelist&position=${position}`);
  assert.deepEqual(await list(-1), { nodes: ['one', 'two'] });
  assert.deepEqual(await list(0), { nodes: ['a', 'b'] });
  await get('/metrics/find?query=*.*.*&format=nodelist&position=3', 400);
});

test('parameters of find are checked as Graphite checks them', async () => {
  for (const name of ['wildcards', 'leavesOnly', 'position', 'local', 'automatic_variants'])
    await get(`/metrics/find?query=*&${name}=x`, 400);
  await get('/metrics/find?query=*&now=garbage', 400);
  assert.equal((await texts('query=*&from=-1&until=-1')).length, 2, '-1 is any time');
  assert.equal((await texts('query=*&from=now&until=now')).length, 2, 'a moment is a time');
  await get('/metrics/find?query=*&from=now&until=-1h', 400);
  assert.deepEqual(await texts('query=a&query=b'), ['b'], 'the last of several counts');
});

test('expanding nothing gives nothing', async () => {
  assert.deepEqual(await get('/metrics/expand'), { results: [] });
  assert.deepEqual(await get('/metrics/expand?groupByExpr=1'), { results: {} });
  await get('/metrics/expand?query=*&groupByExpr=x', 400);
});

test('limits of tags may be 0 or negative, and an unknown tag is null', async () => {
  assert.deepEqual(await get('/tags?limit=0'), []);
  assert.equal(((await get('/tags?limit=-1')) as unknown[]).length, 4);
  await get('/tags?limit=x', 400);
  assert.deepEqual(await get('/tags/dc?filter=zzz'), { tag: 'dc', values: [] });
  assert.equal(await get('/tags/nosuch'), null);
});

test('values are completed from expressions that select nothing by themselves', async () => {
  assert.deepEqual(await get('/tags/autoComplete/values?tag=dc&expr=rack!=r1'), ['two']);
  await get('/tags/autoComplete/tags?expr=rack!=r1', 400);
});

test('names of tagged series are put in order, also when written as Prometheus does', async () => {
  const canonical = async (path: string): Promise<unknown> => {
    const body = new URLSearchParams({ path });
    return (await fetch(`${api.url}/tags/tagSeries`, { method: 'POST', body })).json();
  };
  assert.equal(await canonical('m;b=1;a=2'), 'm;a=2;b=1');
  assert.equal(await canonical('m;a=1;a=2'), 'm;a=2');
  assert.equal(await canonical('~m;a=1'), 'm;a=1');
  assert.equal(await canonical('m{b="1",a="x\\"y"}'), 'm;a=x"y;b=1');
});

test('a pie function has a description of its own', async () => {
  assert.equal(((await get('/functions/average?type=pie')) as { group: string }).group, 'Pie');
  await get('/functions/scale?type=pie', 404);
});
