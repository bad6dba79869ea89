// Random requests to carbonserver: whatever comes, the answer is an answer or a refusal.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createMetricIndex } from '../../../bundle/carbon/metric-index/index.ts';
import {
  type CarbonserverService,
  startCarbonserver,
} from '../../../bundle/carbon/server/index.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import * as v3 from '../../../bundle/wire/carbonapi-v3.ts';

let service: CarbonserverService;

before(async () => {
  const index = createMetricIndex();
  for (const name of ['a.b.c', 'a.b', 'x.[1', 'n;k=v', 'größe.y']) index.add(name);
  const none = new Float64Array(0);
  service = await startCarbonserver({
    address: { host: '127.0.0.1', port: 0 },
    index,
    log: silentLogger,
    whisperDirectory: '/nonexistent',
    reader: {
      fetch: (_metric, from) => ({
        start: from,
        step: 60,
        values: Float64Array.of(1),
        aggregationMethod: 'average',
        xFilesFactor: 0,
      }),
      info: () => undefined,
      cached: () => ({ times: none, values: none }),
    },
  });
});

after(() => service.stop());

const allowed = new Set([200, 202, 400, 404, 405, 413, 415, 429, 501]);
const paths = ['/metrics/find/', '/render/', '/info/', '/metrics/list/', '/metrics/list_query/'];
paths.push('/tags', '/tags/findSeries', '/tags/autoComplete/values', '/tags/delSeries', '/tags/k');
paths.push('/admin/metrics/forget', '/admin/metrics/learn', '/_internal/capabilities/');
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.stringMatching(/^[a-c.*?{},[\]\\!;=~^|()'"0-9-]{0,30}$/),
  fc.constantFrom('a.*', '**', 'n;k=v', 'name=~.*b', "seriesByTag('k=v')", '-1', '1e9', 'json'),
);
const parameter = fc.tuple(
  fc.constantFrom('query', 'target', 'format', 'from', 'until', 'expr', 'tag', 'limit', 'filter'),
  text,
);

test('random parameters', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.array(parameter, { maxLength: 6 }),
      fc.boolean(),
      async (path, parameters, isPost) => {
        const url = `http://127.0.0.1:${service.address.port}${path}`;
        const query = new URLSearchParams(parameters);
        const response = isPost
          ? await fetch(url, { method: 'POST', body: query })
          : await fetch(`${url}?${query}`);
        await response.arrayBuffer();
        assert.ok(allowed.has(response.status), `${path} ${query} gives ${response.status}`);
      },
    ),
    { numRuns: 400 },
  );
});

test('random bodies', async () => {
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    text.map((name) => v3.encodeMultiGlobRequest({ metrics: [name, 'a.*'] })),
    fc
      .tuple(text, fc.maxSafeInteger(), fc.maxSafeInteger())
      .map(([name, startTime, stopTime]) =>
        v3.encodeMultiFetchRequest([{ name, pathExpression: '', startTime, stopTime }]),
      ),
    fc.json().map((json) => Buffer.from(json)),
    fc.array(text).map((metrics) => Buffer.from(JSON.stringify({ metrics }))),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      message,
      fc.constantFrom('application/json', v3.carbonapiV3ContentType),
      async (path, body, type) => {
        const response = await fetch(`http://127.0.0.1:${service.address.port}${path}`, {
          method: 'POST',
          headers: { accept: v3.carbonapiV3ContentType, 'content-type': type },
          body: Buffer.from(body),
        });
        await response.arrayBuffer();
        assert.ok(allowed.has(response.status), `${path} gives ${response.status}`);
      },
    ),
    { numRuns: 400 },
  );
});
