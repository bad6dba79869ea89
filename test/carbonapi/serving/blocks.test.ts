import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Blocks, blockBytes } from '../../../bundle/carbonapi/serving/blocks.ts';
import { startTestApi } from '../test-api.ts';

const now = 1_763_650_800;

test('a block goes round after its last holder has left, not before', () => {
  const first = new Blocks();
  const memory = first.take().buffer;
  assert.equal(memory.byteLength, blockBytes);
  first.hold();
  first.leave();
  const second = new Blocks();
  assert.notEqual(second.take().buffer, memory);
  first.leave();
  assert.equal(new Blocks().take().buffer, memory);
  first.leave();
  assert.notEqual(new Blocks().take().buffer, memory);
});

test('columns share blocks without sharing bytes; one larger than a block has its own', () => {
  const blocks = new Blocks();
  const columns = Array.from({ length: 50 }, (_, i) => blocks.column(1440).fill(i));
  columns.forEach((column, i) => {
    assert.ok(column.every((value) => value === i));
  });
  assert.ok(new Set(columns.map(({ buffer }) => buffer)).size < 5);
  const large = blocks.column(blockBytes);
  assert.equal(large.length, blockBytes);
  assert.equal(large.byteOffset, 0);
});

test('answers at the same time, kept or not, never meet in memory', async (context) => {
  const points = 5000;
  const api = await startTestApi(
    { cache: { renderBytes: 1024 * 1024 }, limits: { perClient: 50 } },
    () => now * 1000,
  );
  context.after(() => api.stop());
  for (let i = 0; i < 12; i++)
    api.backend.add(
      `a.s${i}`,
      [{ step: 1, points: 10_000 }],
      Array.from({ length: points }, (_, k): [number, number] => [now - k, i * 1000 + (k % 7)]),
    );
  const ask = async (i: number, round: number): Promise<void> => {
    const cache = round % 3 === 0 ? '&noCache=1' : '';
    const url = `${api.url}/render?target=a.s${i}&from=${now - points}&until=${now}${cache}`;
    const headers = { 'accept-encoding': round % 2 === 0 ? 'gzip' : 'identity' };
    const [series] = (await (await fetch(url, { headers })).json()) as {
      datapoints: [number, number][];
    }[];
    assert.equal(series?.datapoints.length, points);
    for (const [value, time] of series?.datapoints ?? [])
      assert.equal(value, i * 1000 + ((now - time) % 7));
  };
  for (let round = 0; round < 6; round++) {
    const wanted = Array.from({ length: 24 }, (_, k) => ask(k % 12, round));
    await Promise.all(wanted);
  }
});
