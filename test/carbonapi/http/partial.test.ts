// Answers that some store had no part in: flagged, counted, said in the log, and not kept.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MergedBackend } from '../../../bundle/carbonapi/backends/merged.ts';
import { OperatingError } from '../../../bundle/core/errors.ts';
import { createLogger } from '../../../bundle/core/log.ts';
import { MemoryBackend } from '../memory-backend.ts';
import { startApiOver } from '../test-api.ts';

const now = 1_763_650_800;
const minutes = [{ step: 60, points: 1440 }];

/** A store that can be switched off. */
function switchable(backend: MemoryBackend): { backend: MemoryBackend; isDown: boolean } {
  const state = { isDown: false, backend };
  const failing = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, name) => {
        const value = Reflect.get(object, name);
        if (name === 'tags') return failing(value as object);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (state.isDown) throw new OperatingError('store-unavailable', 'the store b is gone');
          return value.apply(object, args);
        };
      },
    });
  state.backend = failing(backend);
  return state;
}

async function apiOverTwo(context: TestContext) {
  const stores = ['a', 'b'].map((store) => {
    const backend = new MemoryBackend(() => now);
    backend.add(`only.${store}`, minutes, [[now, 1]]);
    backend.add(`disk;host=${store}`, minutes, [[now, 1]]);
    return switchable(backend);
  });
  const lines: string[] = [];
  const api = await startApiOver(
    new MergedBackend(stores.map(({ backend }) => backend)),
    { cache: { renderMs: 60_000, findMs: 60_000 } },
    { clock: () => now * 1000, log: createLogger('warn', (line) => lines.push(line)) },
  );
  context.after(() => api.stop());
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`${api.url}${path}`, { method });
    const partial = response.headers.get('x-carbonapi-partial');
    return { status: response.status, partial, text: await response.text() };
  };
  return { ask, lines, b: stores[1]! };
}

test('what a store misses in is flagged, and right again when the store is back', async (context) => {
  const { ask, b, lines } = await apiOverTwo(context);
  const paths = [
    '/render?target=only.*&from=-5min',
    "/render?target=seriesByTag('host=~.')&from=-5min",
    '/metrics/find?query=only.*',
    '/metrics/expand?query=only.*',
    '/metrics/index.json',
    '/info?target=only.a',
    '/tags',
    '/tags/host',
    '/tags/findSeries?expr=host=~.',
    '/tags/autoComplete/tags',
    '/tags/autoComplete/values?tag=host',
    '/metrics/get-metadata?key=aggregationMethod&metric=only.a',
  ];
  b.isDown = true;
  for (const path of paths) {
    const { status, partial } = await ask(path);
    assert.equal(status, 200, path);
    assert.equal(partial, 'the store b is gone', path);
  }
  const variables = JSON.parse((await ask('/debug/vars')).text);
  assert.equal(variables.partial_answers_total, paths.length);
  assert.equal(lines.length, 1, 'said once');
  b.isDown = false;
  for (const path of paths) {
    const { partial, text } = await ask(path);
    assert.equal(partial, null, path);
    if (/only\.\*|index|host/.test(path)) assert.match(text, /only\.b|"b"|host=b/, path);
  }
});

test('series are not said to be deleted while a store that may have them is gone', async (context) => {
  const { ask, b } = await apiOverTwo(context);
  const path = '/tags/delSeries?path=disk;host=b';
  b.isDown = true;
  const { status, text } = await ask(path, 'POST');
  assert.equal(status, 503);
  assert.match(
    text,
    /^the series are not deleted everywhere, delete them again later: the store b/,
  );
  assert.equal(JSON.parse((await ask('/debug/vars')).text).store_failures_total, 1);
  b.isDown = false;
  assert.equal((await ask(path, 'POST')).text, 'true');
  assert.equal((await ask('/tags/findSeries?expr=host=b')).text, '[]');
});

test('lists of metrics in one request are bounded', async (context) => {
  const { ask } = await apiOverTwo(context);
  for (const [path, name] of [
    ['/info?', 'target'],
    ['/metrics/expand?', 'query'],
    ['/metrics/get-metadata?key=aggregationMethod&', 'metric'],
  ] as const) {
    const { status, text } = await ask(path + `${name}=only.a&`.repeat(1001));
    assert.equal(status, 400);
    assert.match(
      text,
      new RegExp(`more than 1000 of ${name} in one request \\(limits\\.targets\\)`),
    );
  }
});
