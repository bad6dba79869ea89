// Debian's graphite-web with our carbonserver as its only store (CLUSTER_SERVERS).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMetricIndex } from '../../../bundle/carbon/metric-index/index.ts';
import {
  type CarbonserverService,
  startCarbonserver,
} from '../../../bundle/carbon/server/index.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import { graphiteWebMissing, runGraphiteWeb } from '../graphite-web.ts';

const index = createMetricIndex();
for (const metric of ['servers.web01.load', 'servers.web02.load', 'servers.web01', 'disk;host=a'])
  index.add(metric);

let service: CarbonserverService;

before(async () => {
  service = await startCarbonserver({
    address: { host: '127.0.0.1', port: 0 },
    index,
    log: silentLogger,
    whisperDirectory: '/nonexistent',
    reader: {
      fetch(metric, from, until) {
        const start = Math.floor(from / 60) * 60 + 60;
        const values = new Float64Array(Math.floor((until - start) / 60) + 1);
        for (let i = 0; i < values.length; i++)
          values[i] = i === 1 ? Number.NaN : i + (metric.includes('web02') ? 100 : 0);
        return { start, step: 60, values, aggregationMethod: 'average', xFilesFactor: 0 };
      },
      info: () => undefined,
      cached: () => ({ times: new Float64Array(0), values: new Float64Array(0) }),
    },
  });
});

after(() => service.stop());

// Debian's msgpack 1.0 has done away with the argument with which graphite-web 1.1.8 calls it.
const program = `
import msgpack
for name in ('load', 'unpackb'):
    original = getattr(msgpack, name)
    setattr(msgpack, name, lambda data, original=original, encoding=None, raw=False: original(data, raw=raw))
window = {'from': '1699999980', 'until': '1700000160', 'format': 'json'}
result({
  'find': get('/metrics/find', query='servers.*', format='treejson'),
  'none': get('/metrics/find', query='nothing.*', format='treejson'),
  'expand': get('/metrics/expand', query='servers.*.load'),
  'index': get('/metrics/index.json'),
  'one': get('/render', target='servers.web01.load', **window),
  'sum': get('/render', target='sumSeries(servers.*.load)', **window),
  'empty': get('/render', target='nothing.here', **window),
  'tagged': get('/render', target="seriesByTag('name=disk')", **window),
  'tags': get('/tags/autoComplete/tags'),
  'values': get('/tags/autoComplete/values', tag='host'),
})
`;

for (const format of ['pickle', 'msgpack'] as const) {
  test(`graphite-web reads us as ${format}`, { skip: graphiteWebMissing }, async () => {
    const answers = (await runGraphiteWeb(
      {
        CLUSTER_SERVERS: `['127.0.0.1:${service.address.port}?format=${format}']`,
        STORAGE_FINDERS: "['graphite.finders.remote.RemoteFinder']",
        TAGDB: "''",
      },
      program,
    )) as Record<string, { text: string; leaf: number; target: string; datapoints: unknown }[]>;
    assert.deepEqual(answers['find']?.map(({ text, leaf }) => [text, leaf]).sort(), [
      ['web01', 0],
      ['web02', 0],
    ]);
    assert.deepEqual(answers['none'], []);
    assert.deepEqual(answers['expand'], { results: ['servers.web01.load', 'servers.web02.load'] });
    assert.deepEqual(
      (answers['index'] as unknown as string[]).sort(),
      [...index.untaggedNames()].sort(),
    );
    assert.deepEqual(answers['one']?.[0]?.datapoints, [
      [0, 1700000040],
      [null, 1700000100],
      [2, 1700000160],
    ]);
    assert.deepEqual(answers['sum']?.[0]?.datapoints, [
      [100, 1700000040],
      [null, 1700000100],
      [104, 1700000160],
    ]);
    assert.deepEqual(answers['empty'], []);
    assert.equal(answers['tagged']?.[0]?.target, 'disk;host=a');
    assert.deepEqual(answers['tags'], ['host', 'name']);
    assert.deepEqual(answers['values'], ['a']);
  });
}
