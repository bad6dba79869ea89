// Writing batches to files: damaged files, files that vanish or are replaced, limits of creation.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CreationLimit } from '../../../bundle/carbon/persister/creation-limit.ts';
import {
  WhisperWriter,
  type WhisperWriterOptions,
} from '../../../bundle/carbon/persister/whisper-writer.ts';
import { outcomes, WriteBatch } from '../../../bundle/carbon/persister/write-batch.ts';
import { parseRules, readRefused } from '../../../bundle/carbon/rules/index.ts';
import { type Logger, silentLogger } from '../../../bundle/core/log.ts';
import { fetchSeries, metricToPath } from '../../../bundle/whisper/index.ts';

const rules = parseRules({
  schemas: { text: '[all]\npattern = .*\nretentions = 1s:1h,1m:2h\n', file: 'schemas' },
});
const now = Math.floor(Date.now() / 1000);

function createWriter(
  t: TestContext,
  options: Partial<WhisperWriterOptions> = {},
  log: Logger = silentLogger,
  storageRules = rules,
) {
  const directory = mkdtempSync(join(tmpdir(), 'writer-test-'));
  const writer = new WhisperWriter(
    {
      directory,
      hashTagged: true,
      sparse: false,
      openFilesMax: 100,
      createsPerMinute: 0,
      freeBytesMin: 0,
      freeInodesMin: 0,
      newSeriesPerPrefix: 0,
      newSeriesRules: join(directory, 'new-series.conf'),
      refusedSeries: join(directory, 'refused-series.json'),
      ...options,
    },
    storageRules,
    log,
  );
  t.after(() => {
    writer.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const ids = new Map<string, number>();
  const write = (...points: [string, number, number][]): number[] => {
    const batch = new WriteBatch();
    for (const [name, time, value] of points) {
      if (!ids.has(name)) ids.set(name, ids.size + 1);
      const k = batch.series++;
      batch.ids[k] = ids.get(name) as number;
      batch.counts[k] = 1;
      batch.times[k] = time;
      batch.values[k] = value;
      const bytes = Buffer.from(name);
      batch.nameLengths[k] = bytes.length;
      batch.names.set(bytes, batch.nameBytes);
      batch.nameBytes += bytes.length;
      batch.points++;
    }
    writer.write(batch);
    return [...batch.outcomes.subarray(0, batch.series)];
  };
  const path = (name: string): string => join(directory, metricToPath(name));
  const read = (name: string, time: number): number | undefined =>
    fetchSeries(path(name), time - 1, time, now)?.values[0];
  return { directory, writer, write, read, path };
}

test('points of many series arrive, created once and then updated', (t) => {
  const { writer, write, read } = createWriter(t);
  const { created, stored } = outcomes;
  assert.deepEqual(write(['a.b', now - 10, 1], ['a.c', now - 10, 2], ['t;x=1', now - 10, 3]), [
    created,
    created,
    created,
  ]);
  assert.deepEqual(write(['a.b', now - 9, 4], ['a.c', now - 9, 5]), [stored, stored]);
  assert.equal(read('a.b', now - 10), 1);
  assert.equal(read('a.b', now - 9), 4);
  assert.equal(read('a.c', now - 9), 5);
  assert.equal(read('t;x=1', now - 10), 3);
  assert.equal(writer.state.created, 3);
  assert.equal(writer.state.points, 5);
});

test('more series than files may be open', (t) => {
  const { writer, write, read } = createWriter(t, { openFilesMax: 3 });
  for (let round = 0; round < 3; round++) {
    for (let s = 0; s < 10; s++) write([`open.s${s}`, now - 10 + round, round * 10 + s]);
  }
  assert.equal(writer.state.openFiles, 3);
  for (let s = 0; s < 10; s++) assert.equal(read(`open.s${s}`, now - 8), 20 + s);
});

test('a file that is opened for each use is noticed to be gone, or cut off', (t) => {
  const { writer, write, read, path } = createWriter(t, { openFilesMax: 0 });
  const { created, failed, stored } = outcomes;
  assert.deepEqual(write(['gone.a', now - 10, 1], ['cut.a', now - 10, 1]), [created, created]);
  rmSync(path('gone.a'));
  truncateSync(path('cut.a'), 100);
  // Between two archives there is something to read, which meets the end.
  assert.deepEqual(write(['gone.a', now - 9, 2], ['cut.a', now - 9, 2]), [created, failed]);
  assert.equal(read('gone.a', now - 9), 2);
  assert.deepEqual(write(['cut.a', now - 9, 2]), [created]);
  assert.equal(read('cut.a', now - 9), 2);
  assert.equal(writer.state.quarantined, 1);
  assert.deepEqual(write(['cut.a', now - 8, 3]), [stored]);
});

test('a point older than the retention is counted, not stored', (t) => {
  const { writer, write } = createWriter(t);
  assert.deepEqual(write(['old.a', now - 10_000, 1]), [outcomes.created]);
  assert.equal(writer.state.tooOld, 1);
  assert.equal(writer.state.points, 0);
});

test('a series faster than its file keeps points is named once per rule', (t) => {
  const warnings: string[] = [];
  const log: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
  const tens = parseRules({
    schemas: { text: '[tens]\npattern = .*\nretentions = 10s:1h\n', file: 'schemas' },
  });
  const { writer, write } = createWriter(t, {}, log, tens);
  const start = now - (now % 10) - 600;
  for (let k = 0; k < 50; k++) write(['steady.a', start + 10 * k, k]);
  for (let k = 0; k < 50; k++) write(['again.a', start, k]);
  // A clock that wavers about the edge of a slot: a slot with two points, then one with none.
  for (let k = 0; k < 50; k++) write(['wavers.a', start + 10 * k - (k % 4 === 0 ? 1 : 0), k]);
  assert.equal(writer.state.overwritten, 12);
  assert.deepEqual(warnings, []);
  for (let k = 0; k < 20; k++) write(['fast.a', start + k, k], ['fast.b', start + 2 * k, k]);
  assert.equal(writer.state.overwritten, 12 + 18 + 16);
  assert.equal(warnings.length, 1, warnings.join('\n'));
  assert.match(warnings[0] ?? '', /series fast\.a comes about every 1 s.* every 10 s.*\[tens\]/);
});

test('another budget of new series counts what was begun already', (t) => {
  const { writer, write } = createWriter(t, { newSeriesPerPrefix: 1 });
  const { created, overBudget } = outcomes;
  const f = (name: string): number[] => write([name, now - 10, 1]);
  assert.deepEqual(f('app.a'), [created]);
  assert.deepEqual(f('app.b'), [overBudget]);
  writer.configure(2);
  assert.deepEqual(f('app.b'), [created]);
  assert.deepEqual(f('app.c'), [overBudget]);
  writer.configure(0);
  assert.deepEqual(f('app.c'), [created]);
  writer.configure(2);
  assert.deepEqual(f('app.d'), [overBudget]);
  assert.deepEqual(f('other.a'), [created]);
});

test('a damaged file is put aside and a new one begun', (t) => {
  const { directory, writer, write, read, path } = createWriter(t);
  for (const [k, junk] of [Buffer.alloc(0), Buffer.alloc(5000, 7)].entries()) {
    const name = `damaged.s${k}`;
    mkdirSync(join(directory, 'damaged'), { recursive: true });
    writeFileSync(path(name), junk);
    write([name, now - 10, 5]);
    assert.equal(read(name, now - 10), 5);
  }
  assert.equal(writer.state.quarantined, 2);
  const aside = readdirSync(join(directory, 'damaged')).filter((file) => /\.bad-\d+$/.test(file));
  assert.equal(aside.length, 2);
});

test('a name below a file that is in the way is refused for good', (t) => {
  const { directory, write } = createWriter(t);
  writeFileSync(join(directory, 'way'), 'not a directory');
  assert.deepEqual(write(['way.a', now - 10, 1], ['fine.a', now - 10, 2]), [
    outcomes.badPath,
    outcomes.created,
  ]);
});

test('a directory that cannot be written fails its series and no other', {
  skip: process.getuid?.() === 0 ? 'root may write everywhere' : false,
}, (t) => {
  const { directory, write } = createWriter(t);
  mkdirSync(join(directory, 'locked'));
  chmodSync(join(directory, 'locked'), 0o500);
  assert.deepEqual(write(['locked.a', now - 10, 1], ['fine.a', now - 10, 2]), [
    outcomes.failed,
    outcomes.created,
  ]);
  chmodSync(join(directory, 'locked'), 0o700);
  assert.deepEqual(write(['locked.a', now - 10, 1]), [outcomes.created]);
});

test('a file that was deleted or replaced by another program is noticed', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: now * 1000 });
  const { write, read, path } = createWriter(t);
  write(['gone.a', now - 10, 1], ['moved.a', now - 10, 1], ['other.a', now - 10, 9]);
  rmSync(path('gone.a'));
  renameSync(path('other.a'), path('moved.a'));
  t.mock.timers.tick(31_000);
  write(['gone.a', now - 9, 2], ['moved.a', now - 9, 3]);
  assert.equal(existsSync(path('gone.a')), true);
  assert.equal(read('gone.a', now - 9), 2);
  assert.equal(read('moved.a', now - 10), 9);
  assert.equal(read('moved.a', now - 9), 3);
});

test('files are created at the allowed rate', (t) => {
  const { writer, write } = createWriter(t, { createsPerMinute: 2 });
  const { created, heldBack, stored } = outcomes;
  assert.deepEqual(write(['r.a', now, 1], ['r.b', now, 1], ['r.c', now, 1], ['r.a', now, 2]), [
    created,
    created,
    heldBack,
    stored,
  ]);
  assert.match(writer.state.creationStopped, /2 new files a minute/);
});

test('a prefix that begins too many series is refused more, listed, and accepted or denied', (t) => {
  t.mock.method(performance, 'now', () => clock);
  let clock = 1_000_000;
  const { directory, writer, write } = createWriter(t, { newSeriesPerPrefix: 2 });
  const { created, denied, overBudget, stored } = outcomes;
  const refused = () => {
    clock += 10_000;
    write(['quiet.a', now, 1]);
    return readRefused(join(directory, 'refused-series.json'));
  };
  assert.deepEqual(
    write(['app.a', now, 1], ['app.b', now, 1], ['app.c', now, 1], ['app;t=1', now, 1]),
    [created, created, overBudget, overBudget],
  );
  assert.deepEqual(write(['app.a', now, 2], ['app.c', now, 2], ['other.a', now, 1]), [
    stored,
    overBudget,
    created,
  ]);
  assert.equal(writer.state.refusedSeries, 2);
  assert.deepEqual(
    refused().series.map(({ name, points }) => [name, points]),
    [
      ['app.c', 2],
      ['app;t=1', 1],
    ],
  );
  writeFileSync(join(directory, 'new-series.conf'), 'accept app.c\ndeny app;t=*\n');
  clock += 2000;
  assert.deepEqual(write(['app.c', now, 1], ['app;t=1', now, 1], ['app.d', now, 1]), [
    created,
    denied,
    overBudget,
  ]);
  assert.deepEqual(
    refused().series.map(({ name }) => name),
    ['app.d'],
  );
  // What cannot be read as rules changes nothing.
  writeFileSync(join(directory, 'new-series.conf'), 'accept everything from everybody\n');
  clock += 2000;
  assert.deepEqual(write(['app;t=2', now, 1], ['app.e', now, 1]), [denied, overBudget]);
  // A day later there is room again.
  clock += 86_400_000;
  assert.deepEqual(write(['app.d', now, 1], ['app.e', now, 1], ['app.f', now, 1]), [
    created,
    created,
    overBudget,
  ]);
  assert.deepEqual(
    refused().series.map(({ name }) => name),
    ['app.f'],
  );
});

test('the rate of creation is a bucket that fills with time', () => {
  const options = { directory: tmpdir(), perMinute: 60, freeBytesMin: 0, freeInodesMin: 0 };
  const limit = new CreationLimit(options, 0);
  let made = 0;
  for (let now = 0; now < 10_000; now += 10) if (limit.mayCreate(now)) made++;
  assert.ok(made >= 68 && made <= 71, `${made}`);
  assert.equal(new CreationLimit({ ...options, freeBytesMin: 2 ** 60 }, 0).mayCreate(0), false);
});
