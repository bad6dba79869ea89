// `dkmadmin metric`: rm, mv, expire, undo and trash, without carbon and beside a carbonserver.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMetricIndex, openMetricIndex } from '../../../bundle/carbon/metric-index/index.ts';
import { BlockWriter, encodeHeader } from '../../../bundle/carbon/metric-index/names-file.ts';
import { storeFiles } from '../../../bundle/carbon/rules/store-files.ts';
import { startCarbonserver } from '../../../bundle/carbon/server/index.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import {
  closeWhisper,
  createWhisper,
  fetchSeries,
  metricToPath,
  openWhisper,
  parseRetentions,
  updateMany,
} from '../../../bundle/whisper/index.ts';
import { renamer } from '../../../installer/commands/metric-rename.ts';

const tool = fileURLToPath(new URL('./run-metric.ts', import.meta.url));
const now = Math.floor(Date.now() / 1000);
let home: string;
let whisper: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'metric-command-'));
  whisper = join(home, 'storage/whisper');
  mkdirSync(whisper, { recursive: true });
  mkdirSync(join(home, 'conf'));
  // Nothing listens there.
  writeFileSync(join(home, 'conf/carbon.yml'), 'carbonserver:\n  listen: 127.0.0.1:1\n');
});

afterEach(() => rmSync(home, { recursive: true }));

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

function metric(...words: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [tool, 'metric', ...words, '--home', home], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome: Outcome = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (outcome.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (outcome.stderr += text.toString()));
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ ...outcome, status }));
  });
}

const fileOf = (name: string): string => join(whisper, metricToPath(name));
const has = (name: string): boolean => existsSync(fileOf(name));

function make(name: string, pointAt = now - 60, value = 1): void {
  createWhisper(fileOf(name), { archives: parseRetentions('1m:1d'), sparse: true });
  const handle = openWhisper(fileOf(name));
  updateMany(handle, Float64Array.of(pointAt), Float64Array.of(value), 1, now);
  closeWhisper(handle);
}

const valuesOf = (name: string): number[] =>
  [...(fetchSeries(fileOf(name), now - 7200, now, now)?.values ?? [])].filter(
    (value) => !Number.isNaN(value),
  );

test('undo brings points back into a file that was begun anew with other archives', async () => {
  make('a.b', now - 7000, 5);
  assert.equal((await metric('rm', 'a.b', '--yes')).status, 0);
  createWhisper(fileOf('a.b'), { archives: parseRetentions('10s:1h,2m:2d'), sparse: true });
  const undone = await metric('undo', '--yes');
  assert.match(undone.stdout, /1 merged/);
  const values = fetchSeries(fileOf('a.b'), now - 8000, now, now)?.values ?? [];
  assert.deepEqual(
    [...values].filter((value) => !Number.isNaN(value)),
    [5],
  );
});

test('rm moves to the trash, undo brings back', async () => {
  for (const name of ['a.b.one', 'a.b.two', 'a.c', 'x']) make(name);
  const dry = await metric('rm', 'a.b.*', '--dry-run');
  assert.match(dry.stdout, /^a\.b\.one\na\.b\.two\n2 series, .* kB, carbon is not running\n$/);
  assert.ok(has('a.b.one'));
  const unasked = await metric('rm', 'a.b.*');
  assert.equal(unasked.status, 2);
  assert.match(unasked.stderr, /Say --yes/);
  const done = await metric('rm', 'a.b.*', '--yes');
  assert.match(done.stdout, /2 series moved to the trash; back again with: dkmadmin metric undo /);
  assert.equal(has('a.b.one') || has('a.b.two'), false);
  assert.ok(has('a.c'));
  assert.equal(existsSync(join(whisper, 'a/b')), false);
  const trash = await metric('trash');
  assert.match(trash.stdout, /-rm {2}2 series {2}/);
  const undone = await metric('undo', '--yes');
  assert.match(undone.stdout, /2 series back/);
  assert.deepEqual(valuesOf('a.b.one'), [1]);
  assert.match((await metric('trash')).stdout, /the trash is empty/);
});

test('undo merges into a series that began anew', async () => {
  make('a.b', now - 3600, 5);
  await metric('rm', 'a.b', '--yes');
  make('a.b', now - 60, 7);
  const undone = await metric('undo', '--yes');
  assert.match(undone.stdout, /1 merged/);
  assert.deepEqual(valuesOf('a.b'), [5, 7]);
});

test('rm says what it does not understand', async () => {
  make('a.b.c');
  const f = async (words: string[], message: RegExp): Promise<void> => {
    const { status, stderr } = await metric(...words);
    assert.notEqual(status, 0, words.join(' '));
    assert.match(stderr, message);
  };
  await f(['rm', 'a.b', '--yes'], /a\.b is a branch: write "a\.b\.\*\*"/);
  await f(['rm', 'no.such', '--yes'], /no series matches "no\.such"/);
  await f(['undo', '--yes'], /the trash is empty/);
  await f(['undo', 'x', '--yes'], /called x/);
  await f(['expire', '--yes'], /--older-than/);
  await f(['expire', '--older-than', 'soon'], /not a duration/);
  await f(['mv', 'a.b.c', 'a..b', '--yes'], /empty node/);
  await f(['mv', 'a.b.c', '../etc/passwd', '--yes'], /cannot be a name/);
  assert.ok(has('a.b.c'));
});

test('mv renames series and branches, and goes back', async () => {
  for (const name of ['web.s1.cpu.idle', 'web.s1.cpu.user', 'web.s2.cpu.idle', 'taken.s1.idle'])
    make(name);
  const refused = await metric('mv', 'web.*.cpu.idle', 'taken.*.idle', '--yes');
  assert.match(refused.stderr, /taken\.s1\.idle is there already/);
  const twins = await metric('mv', 'web.*.cpu.idle', 'one.name', '--yes');
  assert.match(twins.stderr, /two series would become one\.name/);
  const done = await metric('mv', 'web.s?', 'hosts.*', '--yes');
  assert.equal(done.status, 0, done.stderr);
  assert.ok(has('hosts.s1.cpu.idle') && has('hosts.s1.cpu.user') && has('hosts.s2.cpu.idle'));
  assert.equal(existsSync(join(whisper, 'web')), false);
  await metric('undo', '--yes');
  assert.ok(has('web.s1.cpu.idle') && !has('hosts.s1.cpu.idle'));
});

test('expire takes series without new points', async () => {
  make('old.by.time', now - 60);
  utimesSync(fileOf('old.by.time'), now - 9e6, now - 9e6);
  make('old.by.points', now - 20 * 3600);
  make('alive');
  const { stdout } = await metric('expire', '--older-than', '10h', '--yes');
  assert.match(stdout, /2 series moved/);
  assert.ok(has('alive') && !has('old.by.time') && !has('old.by.points'));
  const emptied = await metric('trash', '--empty', '--yes');
  assert.match(emptied.stdout, /deleted/);
  assert.equal((await metric('undo', '--yes')).status, 1);
});

test('tagged series, whose names only the index knows', async () => {
  const names = ['n;a=1;b=2', 'n;a=2;b=2'];
  const writer = new BlockWriter();
  for (const name of names) {
    make(name);
    writer.add(name);
  }
  const { indexDirectory } = storeFiles(home);
  mkdirSync(indexDirectory);
  writeFileSync(
    join(indexDirectory, 'names.snapshot'),
    Buffer.concat([encodeHeader(1), writer.take()]),
  );
  const dry = await metric('rm', "seriesByTag('b=2','a=~1')", '--dry-run');
  assert.match(dry.stdout, /^n;a=1;b=2\n1 series/);
  await metric('rm', "seriesByTag('b=2','a=~1')", '--yes');
  assert.ok(!has('n;a=1;b=2') && has('n;a=2;b=2'));
  const done = await metric('mv', 'n;a=2;b=2', 'm;c=3;a=2', '--yes');
  assert.equal(done.status, 0, done.stderr);
  assert.ok(has('m;a=2;c=3'));
  const next = await openMetricIndex({
    whisperDirectory: whisper,
    indexDirectory,
    log: silentLogger,
    isCached: () => false,
    scanSeconds: 0,
  });
  await next.rescan();
  assert.deepEqual([...next.index.names()], ['m;a=2;c=3']);
  await next.stop();
});

test('a running carbon is asked and told', async () => {
  const index = createMetricIndex();
  const pending = new Set(['a.slow']);
  for (const name of ['a.b', 'a.slow', 'c']) {
    make(name);
    index.add(name);
  }
  const server = await startCarbonserver({
    address: { host: '127.0.0.1', port: 0 },
    index,
    log: silentLogger,
    whisperDirectory: whisper,
    reader: {
      fetch: () => undefined,
      info: () => undefined,
      cached(name) {
        // The first look finds a point on its way, the second does not.
        const times = pending.delete(name) ? Float64Array.of(now) : new Float64Array(0);
        return { times, values: times };
      },
    },
  });
  try {
    const listen = `carbonserver:\n  listen: 127.0.0.1:${server.address.port}\n`;
    writeFileSync(join(home, 'conf/carbon.yml'), listen);
    assert.doesNotMatch((await metric('rm', 'a.*', '--dry-run')).stdout, /not running/);
    const done = await metric('rm', 'a.*', '--yes');
    assert.match(done.stdout, /2 series moved/, done.stderr);
    assert.deepEqual([...index.names()], ['c']);
    assert.equal(pending.size, 0);
    await metric('undo', '--yes');
    assert.deepEqual([...index.names()].sort(), ['a.b', 'a.slow', 'c']);
    await metric('mv', 'a', 'z', '--yes');
    assert.deepEqual([...index.names()].sort(), ['c', 'z.b', 'z.slow']);
    // Another carbon on that port is none of ours.
    rmSync(whisper, { recursive: true });
    mkdirSync(join(home, 'other'));
    writeFileSync(join(home, 'conf/carbon.yml'), `${listen}storage:\n  directory: other\n`);
    assert.match((await metric('rm', 'c', '--yes')).stderr, /no series matches/);
  } finally {
    await server.stop();
  }
});

test('new names', () => {
  const f = (from: string, to: string, path: string, want: string): void =>
    assert.equal(renamer(from, to)(path), want);
  f('a.b', 'c', 'a.b', 'c');
  f('a.b', 'c.d', 'a.b.x.y', 'c.d.x.y');
  f('a.*.c', 'b.*.d', 'a.1.c', 'b.1.d');
  f('a.*.x{1,2}', '*.new.*', 'a.1.x2', '1.new.x2');
  const bad = (from: string, to: string, message: RegExp): void =>
    assert.throws(() => renamer(from, to), { code: 'usage', message });
  bad('a.**', 'b', /cannot have \*\*/);
  bad('a.*', 'b.*.*', /has 1 nodes with wildcards/);
  bad('a.*', 'b.x*', /not x\*/);
});
