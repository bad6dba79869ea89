// Speed of the formats between carbon and carbonapi: node test/bench/wire.bench.ts
// Every format first has to give back what was put in.
import assert from 'node:assert/strict';
import { bench, do_not_optimize, run, summary } from 'mitata';
import * as v3 from '../../bundle/wire/carbonapi-v3.ts';
import { findResponseFormats } from '../../bundle/wire/find-response/index.ts';
import { decodePickle, encodePickle } from '../../bundle/wire/pickle.ts';
import {
  encodeRenderResponse,
  type RenderedSeries,
  renderResponseFormats,
} from '../../bundle/wire/render-response/index.ts';

const start = 1_763_700_000;
const list: RenderedSeries[] = Array.from({ length: 100 }, (_, i) => ({
  name: `servers.host${i}.cpu.idle`,
  pathExpression: 'servers.*.cpu.idle',
  consolidationFunc: 'average',
  startTime: start,
  stopTime: start + 1440 * 60,
  stepTime: 60,
  xFilesFactor: 0.5,
  values: Float64Array.from({ length: 1440 }, (_, at) =>
    at % 10 === 3 ? Number.NaN : Math.round((at + i) * 12.7) / 10,
  ),
  requestStartTime: start,
  requestStopTime: start + 86_400,
}));

for (const format of renderResponseFormats) {
  const bytes = encodeRenderResponse(format, list);
  assert.deepEqual(format.decode(bytes)[99]?.values, list[99]?.values);
  summary(() => {
    bench(`render ${format.names[0]}: encode 100 series of 1440 (${bytes.length} bytes)`, () =>
      do_not_optimize(encodeRenderResponse(format, list)),
    );
    bench(`render ${format.names[0]}: decode`, () => do_not_optimize(format.decode(bytes)));
  });
}

const matches = Array.from({ length: 1000 }, (_, i) => ({
  path: `servers.host${i}.cpu`,
  isLeaf: i % 2 === 0,
}));
for (const format of findResponseFormats) {
  const globs = [{ name: 'servers.*.cpu', matches }];
  const bytes = format.encode(globs);
  assert.deepEqual(format.decode(bytes)[0]?.matches, matches);
  summary(() => {
    bench(`find ${format.names[0]}: encode 1000 nodes (${bytes.length} bytes)`, () =>
      do_not_optimize(format.encode(globs)),
    );
    bench(`find ${format.names[0]}: decode`, () => do_not_optimize(format.decode(bytes)));
  });
}

const requests = matches.map(({ path }) => ({
  name: path,
  pathExpression: 'servers.*.cpu',
  startTime: start,
  stopTime: start + 86_400,
}));
const requestBytes = v3.encodeMultiFetchRequest(requests);
assert.equal(v3.decodeMultiFetchRequest(requestBytes)[999]?.name, matches[999]?.path);
bench('fetch request of 1000: encode', () => do_not_optimize(v3.encodeMultiFetchRequest(requests)));
bench('fetch request of 1000: decode', () =>
  do_not_optimize(v3.decodeMultiFetchRequest(requestBytes)),
);

const points = matches.map(({ path }, i) => [path, [start + i, i * 0.5]]);
const pickled = encodePickle(points);
assert.deepEqual(decodePickle(pickled), points);
bench('pickle of 1000 points: decode', () => do_not_optimize(decodePickle(pickled)));

await run();
