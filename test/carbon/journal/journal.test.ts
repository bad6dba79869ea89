// The journal: what was written comes back, torn ends are cut, segments go when they may.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Cache } from '../../../bundle/carbon/cache/cache.ts';
import { Journal, type JournalOptions } from '../../../bundle/carbon/journal/journal.ts';
import { listSegments, replayJournal } from '../../../bundle/carbon/journal/replay.ts';
import { fileMagic } from '../../../bundle/carbon/journal/segment-format.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import { waitFor } from '../carbon-process.ts';

const cacheOptions = { bytesMax: 8 << 20, nameBytesMax: 1024, seriesMax: 100_000 };

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'journal-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function open(directory: string, options: Partial<JournalOptions> = {}) {
  const segments = existsSync(directory) ? listSegments(directory) : [];
  const journal = new Journal(
    {
      directory,
      intervalMilliseconds: 1000,
      segmentBytes: 1 << 20,
      bytesMax: 64 << 20,
      sync: false,
      firstSegment: (segments.at(-1) ?? 0) + 1,
      ...options,
    },
    silentLogger,
  );
  const cache = new Cache(cacheOptions, journal);
  journal.start(cache);
  return { journal, cache, segments };
}

function intern(cache: Cache, name: string): number {
  return cache.intern(Buffer.from(name), 0, Buffer.byteLength(name)) as number;
}

async function replay(directory: string) {
  const parts = open(directory);
  const result = await replayJournal(
    directory,
    parts.segments,
    {
      cache: parts.cache,
      adopt: (segment, bytes) => parts.journal.adopt(segment, bytes),
      makeRoom: () => Promise.reject(new Error('the cache is full')),
    },
    silentLogger,
  );
  return { ...parts, result };
}

/** As if everything had been written to files. */
function settleAll({ cache, journal }: { cache: Cache; journal: Journal }): void {
  for (const id of cache.takeQueue()) {
    const count = cache.pendingOf(id);
    const detached = { count: 0, newest: 0, oldest: 0, segment: 0 };
    cache.detach(id, new Float64Array(count), new Float64Array(count), 0, detached);
    cache.settle(id, detached);
  }
  journal.release();
}

test('points come back after the death of the process, in order, over many segments', async (t) => {
  const directory = temporaryDirectory(t);
  const first = open(directory);
  const ids = Array.from({ length: 100 }, (_, k) => intern(first.cache, `back.säries${k}`));
  for (let k = 0; k < 200_000; k++) first.cache.append(ids[k % 100] as number, 1000 + k, k / 7);
  await first.journal.flush();
  assert.ok(listSegments(directory).length > 2);
  const second = await replay(directory);
  assert.equal(second.result.points, 200_000);
  assert.equal(second.result.tornBytes, 0);
  for (let s = 0; s < 100; s++) {
    const { times, values } = second.cache.read(`back.säries${s}`);
    assert.equal(times.length, 2000);
    for (let k = 0; k < 2000; k++) {
      assert.equal(times[k], 1000 + k * 100 + s);
      assert.equal(values[k], (k * 100 + s) / 7);
    }
  }
  await first.journal.stop();
  await second.journal.stop();
});

test('a torn end is cut off at any byte; what is before it comes back', async (t) => {
  const directory = temporaryDirectory(t);
  const { cache, journal } = open(directory);
  const id = intern(cache, 'torn.a');
  const sizes: number[] = [];
  const file = join(directory, '0000000001.journal');
  for (let k = 0; k < 5; k++) {
    cache.append(id, 1000 + k, k);
    await journal.flush();
    sizes.push(statSync(file).size);
  }
  const whole = readFileSync(file);
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(file, whole);
    truncateSync(file, length);
    const again = await replay(directory);
    const want = sizes.filter((size) => size <= length).length;
    assert.equal(again.result.points, want, `cut at ${length}`);
    assert.equal(statSync(file).size + again.result.tornBytes, length);
    await again.journal.stop();
  }
  await journal.stop();
});

test('a changed byte costs the points of its block, whichever byte it is', async (t) => {
  const directory = temporaryDirectory(t);
  const { cache, journal } = open(directory);
  const file = join(directory, '0000000001.journal');
  const blocks: { name: string; begin: number; end: number }[] = [];
  for (let k = 0; k < 6; k++) {
    const begin = k === 0 ? 0 : statSync(file).size;
    const name = `flip.s${k}`;
    cache.append(intern(cache, name), 1000 + k, k);
    await journal.flush();
    blocks.push({ name, begin, end: statSync(file).size });
  }
  const whole = readFileSync(file);
  for (let at = fileMagic.length; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    writeFileSync(file, bytes);
    const again = await replay(directory);
    for (const { name, begin, end } of blocks) {
      const count = at >= begin && at < end ? 0 : 1;
      assert.equal(again.cache.read(name).times.length, count, `byte ${at}, ${name}`);
    }
    const { damagedBytes, tornBytes } = again.result;
    assert.ok(damagedBytes + tornBytes > 0);
    assert.equal(statSync(file).size + tornBytes, whole.length);
    await again.journal.stop();
  }
  await journal.stop();
});

test('what is behind a large damage is found', async (t) => {
  const directory = temporaryDirectory(t);
  const { cache, journal } = open(directory, { segmentBytes: 64 << 20 });
  const file = join(directory, '0000000001.journal');
  const ids = Array.from({ length: 300 }, (_, k) => intern(cache, `large.s${k}`));
  for (let k = 0; k < 200_000; k++) cache.append(ids[k % 300] as number, 1 + k, 2);
  await journal.flush();
  const [begin, end] = [1_000_000, statSync(file).size];
  cache.append(intern(cache, 'large.after'), 1, 7);
  await journal.flush();
  const bytes = readFileSync(file);
  bytes.fill(0x01, begin, end);
  writeFileSync(file, bytes);
  const again = await replay(directory);
  assert.ok(end - begin > 2_000_000);
  assert.equal(again.cache.read('large.after').times.length, 1);
  assert.ok(again.result.points > 30_000);
  assert.equal(again.result.tornBytes, 0);
  await journal.stop();
  await again.journal.stop();
});

test('junk for a journal is not fatal, and is put aside rather than deleted', async (t) => {
  const directory = temporaryDirectory(t);
  const { cache, journal } = open(directory, { segmentBytes: 1, firstSegment: 4 });
  cache.append(intern(cache, 'junk.after'), 1000, 1);
  await journal.flush();
  writeFileSync(join(directory, '0000000001.journal'), '');
  writeFileSync(join(directory, '0000000002.journal'), Buffer.from('DKMJRNL2 of a later version'));
  mkdirSync(join(directory, '0000000003.journal'));
  writeFileSync(join(directory, '0000000009.journal'), 'DKMJ');
  appendFileSync(join(directory, 'not-a-segment'), 'x');
  const again = await replay(directory);
  const result = {
    segments: 3,
    points: 1,
    tornBytes: 4,
    damagedBytes: 0,
    refusedPoints: 0,
    unread: 2,
  };
  assert.deepEqual(again.result, result);
  settleAll(again);
  await journal.stop();
  await again.journal.stop();
  const left = readdirSync(directory).map((name) => name.replace(/\d{13}$/, 'TIME'));
  assert.deepEqual(left.sort(), [
    '0000000002.journal.unread-TIME',
    '0000000003.journal.unread-TIME',
    'not-a-segment',
  ]);
});

test('segments go when their points are stored, not before', async (t) => {
  const directory = temporaryDirectory(t);
  const parts = open(directory, { segmentBytes: 1 });
  const { cache, journal } = parts;
  const [a, b] = [intern(cache, 'go.a'), intern(cache, 'go.b')];
  cache.append(a, 1, 1);
  await journal.flush();
  cache.append(b, 2, 2);
  await journal.flush();
  assert.deepEqual(listSegments(directory), [1, 2]);
  settleAll(parts);
  cache.append(b, 3, 3);
  await journal.flush();
  await waitFor('the old segments to go', () => listSegments(directory).join() === '3');
  await journal.stop();
  assert.deepEqual(listSegments(directory), [3]);
  settleAll(parts);
});

test('a journal beyond its size is written anew with what is pending', async (t) => {
  const directory = temporaryDirectory(t);
  const parts = open(directory, {
    bytesMax: 100_000,
    segmentBytes: 20_000,
    intervalMilliseconds: 20,
  });
  const { cache, journal } = parts;
  // One series that is never stored pins the first segment while another goes on.
  const [pinned, busy] = [intern(cache, 'size.pinned'), intern(cache, 'size.busy')];
  cache.append(pinned, 1, 42);
  let time = 10;
  const work = async (rounds: number): Promise<void> => {
    for (let k = 0; k < rounds; k++) {
      for (let n = 0; n < 1000; n++) cache.append(busy, time++, n);
      await journal.flush();
      for (const id of cache.takeQueue()) {
        if (id === pinned) {
          cache.requeue(id);
          continue;
        }
        const count = cache.pendingOf(id);
        const detached = { count: 0, newest: 0, oldest: 0, segment: 0 };
        cache.detach(id, new Float64Array(count), new Float64Array(count), 0, detached);
        cache.settle(id, detached);
      }
      journal.release();
    }
  };
  await work(20);
  await waitFor('a checkpoint', () => journal.checkpoints > 0);
  await waitFor('the size to fall', () => journal.bytes < 100_000);
  await work(3); // what was written anew is not let go with the segments it came from
  await journal.flush();
  const again = await replay(directory);
  assert.deepEqual([...again.cache.read('size.pinned').values], [42]);
  await journal.stop();
  await again.journal.stop();
});

test('when the disk refuses, points go on unprotected and are written once it takes them', async (t) => {
  const directory = temporaryDirectory(t);
  const parts = open(join(directory, 'missing'), { intervalMilliseconds: 20 });
  const { cache, journal } = parts;
  const id = intern(cache, 'refused.a');
  cache.append(id, 1, 1);
  await journal.flush();
  assert.equal(journal.isProtecting, false);
  cache.append(id, 2, 2);
  assert.equal(journal.unprotectedPoints, 2);
  mkdirSync(join(directory, 'missing'));
  await waitFor('the journal to be written again', () => journal.checkpoints === 1);
  assert.equal(journal.isProtecting, true);
  const again = await replay(join(directory, 'missing'));
  assert.deepEqual([...again.cache.read('refused.a').values], [1, 2]);
  assert.deepEqual(readdirSync(join(directory, 'missing')).length, 1);
  await journal.stop();
  await again.journal.stop();
});
