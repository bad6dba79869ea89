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

test('small answers share a block, which goes round when all of them are gone', () => {
  const [first, second] = [new Blocks(), new Blocks()];
  const one = first.cut(1000).fill(1);
  first.trim(one, 600);
  const other = second.cut(1000).fill(2);
  assert.equal(other.buffer, one.buffer);
  assert.equal(other.byteOffset, one.byteOffset + 600);
  first.trim(one, 100);
  assert.equal(second.cut(10).byteOffset, other.byteOffset + 1000, 'only what is last is trimmed');
  assert.ok(one.subarray(0, 600).every((byte) => byte === 1));
  // Once it is full another is begun.
  const more = Array.from({ length: 10 }, () => first.cut(blockBytes / 8));
  assert.notEqual(more.at(-1)?.buffer, one.buffer);
  first.leave();
  assert.notEqual(new Blocks().take().buffer, one.buffer, 'somebody still reads it');
  second.leave();
  assert.equal(new Blocks().take().buffer, one.buffer);
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
