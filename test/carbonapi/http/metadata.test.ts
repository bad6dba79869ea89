// /metrics/set-metadata over a real carbon: the file's header, points written afterwards, what is read.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createBackend } from '../../../bundle/carbonapi/backends/index.ts';
import { carbonapiConfig } from '../../../bundle/carbonapi/config.ts';
import { EventStore } from '../../../bundle/carbonapi/events/store.ts';
import { createApi } from '../../../bundle/carbonapi/http/api.ts';
import { startApiServer } from '../../../bundle/carbonapi/http/server.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import { fetchSeries, metricToPath } from '../../../bundle/whisper/index.ts';
import {
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
} from '../../carbon/carbon-process.ts';
import { startTestApi } from '../test-api.ts';

const now = Math.floor(Date.now() / 1000);
const key = 'aggregationMethod';

test('the aggregation method of a file that is open is changed, for what is written next', async (t) => {
  const directory = makeInstance({}, '[all]\npattern = .*\nretentions = 1s:1h,2s:1d\n');
  t.after(() => removeInstance(directory));
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const config = carbonapiConfig.parse({ listen: '127.0.0.1:0', events: ':memory:' });
  const address = `http://127.0.0.1:${carbon.ports['carbonserver']}`;
  // Two stores, of which the second speaks a language without changes: answers are put together.
  const stores = [
    { url: address, protocol: 'carbonapi_v3_pb' as const },
    { url: address, protocol: 'carbonapi_v2_pb' as const },
  ];
  const backend = createBackend(stores, config.backend);
  const events = new EventStore(config.events);
  const api = createApi({ backend, config, log: silentLogger, clock: Date.now, events });
  const server = await startApiServer(api);
  t.after(async () => {
    await server.stop();
    await api.rasterizer.stop();
    await backend.stop();
    events.stop();
  });
  const url = `http://127.0.0.1:${server.address.port}/metrics`;

  const path = (metric: string): string =>
    join(directory, 'storage/whisper', metricToPath(metric.replace('b=1;a=2', 'a=2;b=1')));
  /** Sends 10 and 20 into one slot of the coarse archive; what is there once both are on disk. */
  const rolledUp = async (metric: string, time: number): Promise<number | undefined> => {
    await sendTcp(carbon.ports['tcp'] ?? 0, `${metric} 10 ${time}\n${metric} 20 ${time + 1}\n`);
    const at = (from: number, until: number): number | undefined =>
      fetchSeries(path(metric), from, until, now)?.values[0];
    const read = (): boolean => {
      try {
        return at(time, time + 1) === 20;
      } catch {
        return false; // no file yet
      }
    };
    await waitFor('the points', read);
    const coarse = fetchSeries(path(metric), now - 7200, now, now);
    return coarse?.values[(time - coarse.start) / coarse.step];
  };
  const known = async (metric: string): Promise<unknown> => {
    const query = new URLSearchParams({ metric, key });
    const answer = (await (await fetch(`${url}/get-metadata?${query}`)).json()) as object;
    return (answer as Record<string, unknown>)[metric];
  };
  const time = now - 600 - (now % 2);
  assert.equal(await rolledUp('m.a', time), 15);
  assert.equal(await rolledUp('m.t;b=1;a=2', time), 15);
  assert.deepEqual(await known('m.a'), { value: 'average' });

  const query = new URLSearchParams({ metric: 'm.a', key, value: 'sum' });
  const changed = await fetch(`${url}/set-metadata?${query}`);
  assert.deepEqual(await changed.json(), {
    'm.a': { old_value: 'average', new_value: 'sum' },
  });
  assert.deepEqual(await known('m.a'), { value: 'sum' });
  assert.equal(await rolledUp('m.a', time + 60), 30);

  const operations = [
    { metric: 'm.t;b=1;a=2', key, value: 'max' },
    { metric: 'm.none', key, value: 'max' },
    { metric: 'm.a', key: 'retention', value: '1' },
    { metric: '../../x', key, value: 'max' },
    { metric: 'm', key, value: 'nonsense' },
  ];
  const f = async (body: string, type: string): Promise<void> => {
    const headers = { 'content-type': type };
    const answer = await fetch(`${url}/set-metadata/`, { method: 'POST', headers, body });
    const byMetric = (await answer.json()) as Record<string, Record<string, string>>;
    assert.equal(byMetric['m.t;b=1;a=2']?.['new_value'], 'max');
    assert.match(byMetric['m.none']?.['error'] ?? '', /no file is there for m\.none/);
    assert.match(byMetric['m.a']?.['error'] ?? '', /no metadata key "retention"/);
    assert.notEqual(byMetric['../../x']?.['error'], undefined);
    assert.match(byMetric['m']?.['error'] ?? '', /unknown aggregation method/);
  };
  await f(JSON.stringify(operations), 'application/json');
  await f(JSON.stringify({ operations }), 'application/json');
  const form = new URLSearchParams({ operations: JSON.stringify(operations) });
  await f(form.toString(), 'application/x-www-form-urlencoded');
  assert.equal(await rolledUp('m.t;b=1;a=2', time + 60), 20);
  assert.equal(await carbon.end('SIGTERM'), 0);
});

test('a request without its fields is refused; a store that cannot says so', async (t) => {
  const api = await startTestApi();
  t.after(() => api.stop());
  const f = async (path: string, init: RequestInit, status: number, text: RegExp) => {
    const answer = await fetch(`${api.url}/metrics/set-metadata${path}`, init);
    assert.equal(answer.status, status);
    assert.match(await answer.text(), text);
  };
  const json = { 'content-type': 'application/json' };
  await f('?metric=a&key=b', {}, 400, /metric, key and value are needed/);
  await f('', { method: 'POST', headers: json, body: '[null]' }, 400, /are needed/);
  await f('', { method: 'POST', headers: json, body: '{' }, 400, /not JSON/);
  await f('', { method: 'POST', headers: json, body: '7' }, 400, /list/);
  await f('', { method: 'POST', body: 'x=1' }, 400, /not JSON/);
  await f(`?metric=a&key=${key}&value=sum`, {}, 200, /no store here can change metadata/);
});
