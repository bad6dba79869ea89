// Reading with points on disk, in the cache, in both and in neither.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Cache } from '../../../bundle/carbon/cache/cache.ts';
import { MergedReader } from '../../../bundle/carbon/cache/merged-reader.ts';
import { parseRules } from '../../../bundle/carbon/rules/index.ts';
import {
  closeWhisper,
  createWhisper,
  fetchSeries,
  openWhisper,
  parseRetentions,
  updateMany,
} from '../../../bundle/whisper/index.ts';
import { noJournal } from '../receivers/receiving.ts';

const retentions = '10s:1h,1m:1d';
const rules = parseRules({
  schemas: { text: `[all]\npattern = .*\nretentions = ${retentions}\n`, file: 'schemas' },
  aggregation: { text: '[all]\npattern = .*\naggregationMethod = sum\n', file: 'aggregation' },
});
const now = Math.floor(Date.now() / 1000 / 60) * 60;

function setUp(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'reader-test-'));
  const cache = new Cache({ bytesMax: 4 << 20, nameBytesMax: 1024, seriesMax: 1000 }, noJournal);
  const reader = new MergedReader(cache, rules, { directory, hashTagged: true, openFilesMax: 2 });
  t.after(() => {
    reader.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const toCache = (name: string, ...points: [number, number][]): void => {
    const id = cache.intern(Buffer.from(name), 0, Buffer.byteLength(name)) as number;
    for (const [time, value] of points) cache.append(id, time, value);
  };
  const toDisk = (name: string, ...points: [number, number][]): void => {
    const path = join(directory, `${name}.wsp`);
    createWhisper(path, { archives: parseRetentions(retentions), aggregationMethod: 'sum' });
    const handle = openWhisper(path);
    const times = points.map(([time]) => time);
    const values = points.map(([, value]) => value);
    updateMany(handle, times, values, points.length, now);
    closeWhisper(handle);
  };
  return { directory, reader, toCache, toDisk };
}

const { NaN: none } = Number;

test('cached points lie over those on disk, the last one received on top', (t) => {
  const { reader, toCache, toDisk } = setUp(t);
  toDisk('both', [now - 30, 1], [now - 20, 2]);
  toCache('both', [now - 20, 20], [now - 10, 30], [now - 10, 31], [now - 5, 32]);
  const answer = reader.fetch('both', now - 40, now - 1, now);
  assert.deepEqual(answer, {
    start: now - 30,
    step: 10,
    values: Float64Array.of(1, 20, 32),
    aggregationMethod: 'sum',
    xFilesFactor: 0.5,
  });
});

test('of a file that is cut off only the cached points are read', (t) => {
  const { directory, reader, toCache, toDisk } = setUp(t);
  for (const name of ['short', 'shorter']) {
    toDisk(name, [now - 30, 1], [now - 20, 2]);
    truncateSync(join(directory, `${name}.wsp`), 60);
  }
  toCache('short', [now - 20, 20]);
  const answer = reader.fetch('short', now - 40, now - 1, now);
  assert.deepEqual(answer?.values, Float64Array.of(none, 20, none));
  assert.equal(reader.fetch('shorter', now - 40, now - 1, now), undefined);
});

test('what was answered stays when more is read', (t) => {
  const { reader, toDisk } = setUp(t);
  toDisk('one', [now - 20, 1]);
  toDisk('two', [now - 20, 2]);
  const one = reader.fetch('one', now - 30, now - 20, now);
  const two = reader.fetch('two', now - 30, now - 20, now);
  assert.deepEqual([one?.values, two?.values], [Float64Array.of(1), Float64Array.of(2)]);
});

test('a metric without a file is answered by its rule, one without points not at all', (t) => {
  const { reader, toCache } = setUp(t);
  toCache('fresh', [now - 20, 7]);
  const answer = reader.fetch('fresh', now - 40, now, now);
  assert.equal(answer?.step, 10);
  assert.equal(answer?.aggregationMethod, 'sum');
  assert.deepEqual(answer?.values, Float64Array.of(none, 7, none, none));
  assert.equal(reader.fetch('nothing', now - 40, now, now), undefined);
  assert.equal(reader.fetch('a..b/../c', now - 40, now, now), undefined);
  assert.deepEqual(reader.info('fresh')?.retentions, [
    { secondsPerPoint: 10, points: 360 },
    { secondsPerPoint: 60, points: 1440 },
  ]);
  assert.equal(reader.info('nothing'), undefined);
});

test('without a file the slots are those a file would give', (t) => {
  const { reader, toCache, toDisk } = setUp(t);
  toDisk('file', [now - 100, 1]);
  toCache('cached', [now - 100, 1]);
  for (const [from, until] of [
    [now - 500, now],
    [now - 501, now - 99],
    [now - 3601, now],
    [now - 7200, now - 3600],
    [now - 90_000, now],
    [now - 10, now - 10],
    [now + 10, now + 20],
    [now - 200_000, now - 100_000],
    [now - 10, now - 20],
  ] as const) {
    const file = reader.fetch('file', from, until, now);
    const cached = reader.fetch('cached', from, until, now);
    // A file outside of what it remembers is still a metric; both say so alike.
    assert.deepEqual(
      [cached?.start, cached?.step, cached?.values.length],
      [file?.start, file?.step, file?.values.length],
      `${from - now} to ${until - now}`,
    );
  }
});

test('in a coarser archive a cached point fills a gap and changes no sum', (t) => {
  const { reader, toCache, toDisk } = setUp(t);
  const hour = now - 7200;
  toDisk('coarse', [hour, 5], [hour + 10, 6]);
  toCache('coarse', [hour + 20, 100], [hour + 60, 200]);
  const answer = reader.fetch('coarse', hour - 60, hour + 60, now);
  assert.equal(answer?.step, 60);
  const slot = (hour - (hour % 60) - (answer?.start ?? 0)) / 60;
  assert.notEqual(answer?.values[slot], 100);
  assert.equal(answer?.values[slot + 1], 200);
});

test('a file that stays open is read anew, not from what opening it has read', (t) => {
  const { directory, reader, toDisk } = setUp(t);
  toDisk('kept', [now - 20, 1]);
  const ask = () => reader.fetch('kept', now - 30, now - 10, now)?.values;
  assert.deepEqual(ask(), Float64Array.of(1, none));
  const handle = openWhisper(join(directory, 'kept.wsp'));
  updateMany(handle, [now - 10], [2], 1, now);
  closeWhisper(handle);
  assert.deepEqual(ask(), Float64Array.of(1, 2));
});

test('every window of a ring is read alike from a file just opened and from one kept', (t) => {
  const { directory, reader, toDisk } = setUp(t);
  // Full: the first slot is somewhere in the middle of the hour.
  const points = Array.from({ length: 360 }, (_, k): [number, number] => [now - 3590 + k * 10, k]);
  toDisk('ring', ...points);
  for (let from = now - 3600; from < now; from += 170) {
    for (const length of [10, 300, 3000]) {
      const until = Math.min(now, from + length);
      const file = join(directory, 'ring.wsp');
      const kept = openWhisper(file, { readOnly: true });
      const expected = fetchSeries(kept, from, until, now)?.values;
      closeWhisper(kept);
      const fresh = new MergedReader(
        new Cache({ bytesMax: 4 << 20, nameBytesMax: 1024, seriesMax: 10 }, noJournal),
        rules,
        { directory, hashTagged: true, openFilesMax: 0 },
      );
      assert.deepEqual(fresh.fetch('ring', from, until, now)?.values, expected);
      assert.deepEqual(reader.fetch('ring', from, until, now)?.values, expected);
    }
  }
});

test('more metrics than files are kept open, and files that go', (t) => {
  const { directory, reader, toDisk } = setUp(t);
  for (let k = 0; k < 6; k++) toDisk(`m${k}`, [now - 10, k]);
  for (let round = 0; round < 3; round++) {
    for (let k = 0; k < 6; k++)
      assert.equal(reader.fetch(`m${k}`, now - 11, now - 10, now)?.values[0], k);
  }
  rmSync(join(directory, 'm0.wsp'));
  assert.equal(reader.fetch('m0', now - 11, now - 10, now + 6), undefined);
});
