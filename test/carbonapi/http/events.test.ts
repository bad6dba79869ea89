import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EventStore } from '../../../bundle/carbonapi/events/store.ts';
import { startTestApi, type TestApi } from '../test-api.ts';

const now = 1_763_650_800;

async function apiFor(context: TestContext): Promise<TestApi> {
  const api = await startTestApi({}, () => now * 1000);
  context.after(() => api.stop());
  return api;
}

const post = (api: TestApi, body: unknown) =>
  fetch(`${api.url}/events/`, { method: 'POST', body: JSON.stringify(body) });

interface Found {
  id: number;
  what: string;
  when: number;
  tags: string[];
}
const find = async (api: TestApi, query: string) =>
  (await (await fetch(`${api.url}/events/get_data?${query}`)).json()) as Found[];

test('events are found by time and tags', async (context) => {
  const api = await apiFor(context);
  await post(api, { what: 'one', when: now - 7200, tags: 'web prod' });
  await post(api, { what: 'two', when: now - 60, tags: ['web', 'test'], data: 'details' });
  await post(api, { what: 'three', tags: null });
  const whats = async (query: string) => (await find(api, query)).map(({ what }) => what);
  assert.deepEqual(await whats(''), ['one', 'two', 'three']);
  assert.deepEqual(await whats('from=-1h'), ['two', 'three']);
  assert.deepEqual(await whats(`until=${now - 100}`), ['one']);
  assert.deepEqual(await whats('tags=web'), ['one', 'two']);
  assert.deepEqual(await whats('tags=web%20prod'), ['one']);
  assert.deepEqual(await whats('tags=test%20prod&set=union'), ['one', 'two']);
  assert.deepEqual(await whats('tags=test%20prod&set=intersection'), []);
  assert.deepEqual(await whats('tags=we'), [], 'a part of a tag is not the tag');
  assert.deepEqual(await whats('tags=*'), ['one', 'two', 'three']);
  await post(api, { what: 'four', when: now, tags: 'db,late backup' });
  assert.deepEqual(await whats('tags=db'), ['four'], 'a comma parts tags');
  assert.deepEqual(await whats('tags=late%20backup'), ['four']);
  assert.deepEqual((await find(api, 'tags=late'))[0]?.tags, ['db,late', 'backup']);
  const [, two] = await find(api, '');
  assert.deepEqual(two, {
    id: 2,
    what: 'two',
    when: now - 60,
    data: 'details',
    tags: ['web', 'test'],
  });
});

test('one event is read and deleted by its number', async (context) => {
  const api = await apiFor(context);
  await post(api, { what: 'one', when: now });
  const url = `${api.url}/events/1/`;
  const detail = { id: 1, when: '2025-11-20T15:00:00Z', what: 'one', data: '', tags: [] };
  assert.deepEqual(await (await fetch(url)).json(), detail, 'with a date, as Graphite');
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 204);
  assert.equal((await fetch(url)).status, 404);
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 404);
});

test('numbers and objects are kept as texts, and times in whole seconds', async (context) => {
  const api = await apiFor(context);
  await post(api, { what: 5, when: now - 9.3, data: { a: 1 } });
  assert.deepEqual(await find(api, 'set=other'), [
    { id: 1, what: '5', when: now - 10, data: '{"a":1}', tags: [] },
  ]);
});

test('what is no event is refused', async (context) => {
  const api = await apiFor(context);
  for (const bad of [
    {},
    { what: '' },
    { what: null },
    { what: 'x', when: 'soon' },
    { what: 'x', tags: 5 },
  ])
    assert.equal((await post(api, bad)).status, 400, JSON.stringify(bad));
  const text = await fetch(`${api.url}/events`, { method: 'POST', body: 'no json' });
  assert.equal(text.status, 400);
  assert.deepEqual(await find(api, ''), []);
});

test('the events function counts them', async (context) => {
  const api = await apiFor(context);
  await post(api, { what: 'one', when: now - 120, tags: 'web' });
  await post(api, { what: 'two', when: now - 120, tags: 'web' });
  await post(api, { what: 'other', when: now - 120, tags: 'db' });
  const url = `${api.url}/render?target=events("web")&from=-10min&until=now`;
  const [series] = (await (await fetch(url)).json()) as { datapoints: [number | null, number][] }[];
  const total = series?.datapoints.reduce((sum, [value]) => sum + (value ?? 0), 0);
  assert.equal(total, 2);
});

test('events outlive the service', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'events-'));
  context.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'storage', 'events.db');
  const first = new EventStore(file);
  first.add({ what: 'one', when: 5, data: '', tags: ['a'] });
  first.stop();
  const second = new EventStore(file);
  assert.deepEqual(second.find({ limit: 10 }), [
    { id: 1, what: 'one', when: 5, data: '', tags: ['a'] },
  ]);
  second.stop();
});
