import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { SeriesTable } from '../../../bundle/carbon/cache/series-table.ts';
import {
  openMetricIndex,
  type PersistentIndexOptions,
} from '../../../bundle/carbon/metric-index/index.ts';
import {
  BlockWriter,
  encodeHeader,
  readNamesFile,
} from '../../../bundle/carbon/metric-index/names-file.ts';
import { createLogger, silentLogger } from '../../../bundle/core/log.ts';
import { metricToPath } from '../../../bundle/whisper/index.ts';

let directory: string;
let options: PersistentIndexOptions;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'index-'));
  options = {
    whisperDirectory: join(directory, 'whisper'),
    indexDirectory: join(directory, 'index'),
    log: silentLogger,
    isCached: () => false,
    scanSeconds: 0,
    logMilliseconds: 1,
  };
  await mkdir(options.whisperDirectory);
});

afterEach(() => rm(directory, { recursive: true }));

async function touch(metric: string, hashTagged = true): Promise<void> {
  const path = join(options.whisperDirectory, metricToPath(metric, { hashTagged }));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
}

const namesOf = (index: { names(): Iterable<string> }): string[] => [...index.names()].sort();

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

test('a name of the source is in the log in time, without anybody asking for it', async () => {
  const table = new SeriesTable();
  const first = await openMetricIndex({ ...options, source: table });
  for (const name of ['a.b', 'n;k=v']) {
    table.add(Buffer.from(name), 0, name.length);
    first.noteNewName();
  }
  const log = join(directory, 'index/names-1.log');
  await until(async () => (await readFile(log)).length > 20);
  const read: string[] = [];
  readNamesFile(await readFile(log), (name) => read.push(name));
  assert.deepEqual(read, ['a.b', 'n;k=v']);
  await first.stop();
});

test('names survive a stop', async () => {
  const first = await openMetricIndex(options);
  for (const name of ['a.b.c', 'a.b', 'größe.x', 'd;k=v;l=w', 'gone']) first.index.add(name);
  first.index.remove('gone');
  await first.stop();
  const second = await openMetricIndex(options);
  assert.deepEqual(namesOf(second.index), ['a.b', 'a.b.c', 'd;k=v;l=w', 'größe.x']);
  second.index.remove('a.b');
  second.index.add('new.one');
  await second.stop();
  const third = await openMetricIndex(options);
  assert.deepEqual(namesOf(third.index), ['a.b.c', 'd;k=v;l=w', 'größe.x', 'new.one']);
  await third.stop();
  assert.deepEqual(
    (await readdir(options.indexDirectory)).filter((name) => /snapshot/.test(name)),
    ['names.snapshot'],
  );
});

test('starts without new names do not leave a log each', async () => {
  const first = await openMetricIndex(options);
  first.index.add('one.name');
  await first.stop();
  for (let start = 0; start < 6; start++) await (await openMetricIndex(options)).stop();
  const logs = (await readdir(options.indexDirectory)).filter((name) => name.endsWith('.log'));
  assert.ok(logs.length <= 2, logs.join(' '));
  const last = await openMetricIndex(options);
  assert.deepEqual(namesOf(last.index), ['one.name']);
  await last.stop();
});

test('names survive a crash once they are in the log', async () => {
  const first = await openMetricIndex(options);
  first.index.add('before.snapshot');
  await first.stop();
  const second = await openMetricIndex(options);
  second.index.add('after.snapshot');
  second.index.add('tagged;k=v');
  second.index.remove('before.snapshot');
  const logged = async (): Promise<boolean> => {
    for (const name of await readdir(options.indexDirectory))
      if (name.endsWith('.log'))
        if ((await readFile(join(options.indexDirectory, name))).includes('tagged')) return true;
    return false;
  };
  await until(logged);
  // No stop: what a crash leaves behind is opened by the next process.
  const third = await openMetricIndex(options);
  assert.deepEqual(namesOf(third.index), ['after.snapshot', 'tagged;k=v']);
  await third.stop();
  await second.stop();
});

test('a damaged snapshot costs names, not the start', async () => {
  const first = await openMetricIndex(options);
  for (let i = 0; i < 20_000; i++) first.index.add(`some.long.metric.name.with.number-${i * 7919}`);
  await first.stop();
  const path = join(options.indexDirectory, 'names.snapshot');
  const { length } = await readFile(path);
  await truncate(path, length - 10);
  const lines: string[] = [];
  const log = createLogger('info', (line) => lines.push(line));
  const second = await openMetricIndex({ ...options, log });
  assert.ok(second.index.size > 10_000 && second.index.size < 20_000);
  assert.ok(lines.some((line) => line.includes('damaged')));
  await second.stop();
  await writeFile(path, 'not a snapshot at all');
  const third = await openMetricIndex({ ...options, log });
  assert.ok(lines.some((line) => line.includes('does not begin like')));
  await third.stop();
});

test('the index is compared with the disk', async () => {
  const first = await openMetricIndex({ ...options, isCached: (name) => name === 'only.cached' });
  for (const name of ['on.disk', 'off.disk', 'only.cached', 'tag;on=disk', 'tag;off=disk'])
    first.index.add(name);
  await touch('on.disk');
  await touch('found.on.disk');
  await touch('tag;on=disk');
  await touch('unknown;tag=1');
  await touch('readable;tag=1', false);
  await writeFile(join(options.whisperDirectory, 'notes.txt'), '');
  const result = await first.rescan();
  assert.deepEqual(namesOf(first.index), [
    'found.on.disk',
    'on.disk',
    'only.cached',
    'readable;tag=1',
    'tag;on=disk',
  ]);
  assert.deepEqual(result, { files: 5, added: 2, removed: 2, unnamed: 1 });
  await first.stop();
});

test('an empty directory does not empty the index', async () => {
  const first = await openMetricIndex(options);
  first.index.add('a.b');
  await assert.rejects(first.rescan(), { code: 'empty-store', message: /is the disk mounted/ });
  await rm(options.whisperDirectory, { recursive: true });
  await assert.rejects(first.rescan(), { code: 'ENOENT' });
  assert.equal(first.index.size, 1);
  await first.stop();
});

test('the first comparison follows the start', async () => {
  await touch('x.y');
  const first = await openMetricIndex({ ...options, scanSeconds: 3600 });
  await until(async () => first.index.has('x.y'));
  await first.stop();
});

test('a names file cut anywhere gives a beginning of its names', () => {
  const writer = new BlockWriter();
  const blocks = [encodeHeader(7)];
  const names: string[] = [];
  for (let i = 0; i < 30; i++) {
    const name = `part${i % 3}.n${i}`;
    names.push(name);
    blocks.push(writer.add(name) ?? Buffer.alloc(0));
    if (i % 10 === 9) blocks.push(writer.take());
  }
  const file = Buffer.concat(blocks);
  for (let length = 16; length <= file.length; length++) {
    const read: string[] = [];
    const { generation, bytesGood } = readNamesFile(file.subarray(0, length), (name) =>
      read.push(name),
    );
    assert.equal(generation, 7);
    assert.ok(bytesGood <= length);
    assert.deepEqual(read, names.slice(0, read.length));
    assert.equal(read.length % 10, 0);
  }
  for (let at = 16; at < file.length; at++) {
    const damaged = Buffer.from(file);
    damaged[at]! ^= 0x10;
    const read: string[] = [];
    readNamesFile(damaged, (name) => read.push(name));
    assert.deepEqual(read, names.slice(0, read.length));
    assert.ok(read.length < names.length);
  }
  assert.throws(() => readNamesFile(Buffer.alloc(15), () => undefined), { code: 'bad-names-file' });
  const newer = Buffer.from(file);
  newer.writeUInt32LE(2, 8);
  assert.throws(() => readNamesFile(newer, () => undefined), { message: /version 2/ });
});
