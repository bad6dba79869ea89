import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeProtocols } from '../../../bundle/carbonapi/backends/exchange.ts';
import { createBackend } from '../../../bundle/carbonapi/backends/index.ts';
import { startFakeStore } from './fake-store.ts';

const now = 1_763_650_800;
const options = { timeoutMs: 2000, retries: 0, connections: 4, answerBytes: 10_000_000 };
const minutes = [{ step: 60, points: 1440 }];

for (const protocol of exchangeProtocols)
  test(`a store that speaks ${protocol}`, async (context) => {
    const store = await startFakeStore(() => now);
    const backend = createBackend([{ url: store.url, protocol }], options);
    context.after(async () => {
      await backend.stop();
      await store.stop();
    });
    store.backend.add('a.b', minutes, [
      [now - 60, 1.5],
      [now, -2],
    ]);
    store.backend.add('a.c', minutes, [[now, 7]]);
    const window = { start: now - 180, end: now };
    const { series } = await backend.fetch({ paths: ['a.*', 'no.such', 'a.c'], window });
    assert.deepEqual(
      series.map(({ name, pathExpression, start, step, values }) => [
        name,
        pathExpression,
        start,
        step,
        [...values],
      ]),
      [
        ['a.b', 'a.*', now - 120, 60, [Number.NaN, 1.5, -2]],
        ['a.c', 'a.*', now - 120, 60, [Number.NaN, Number.NaN, 7]],
        ['a.c', 'a.c', now - 120, 60, [Number.NaN, Number.NaN, 7]],
      ],
    );
    const [found, none] = await backend.find(['a.*', 'x.*'], window);
    assert.deepEqual(
      found?.nodes.map(({ path, isLeaf }) => [path, isLeaf]),
      [
        ['a.b', true],
        ['a.c', true],
      ],
    );
    assert.deepEqual(none?.nodes, []);
    assert.deepEqual(await backend.list(), ['a.b', 'a.c']);
    assert.deepEqual(await backend.info('a.b'), await store.backend.info('a.b'));
    assert.equal(await backend.info('no.such'), undefined);
  });
