// A disk that fills up: creation stops in time, updates go on; at the very end points wait in the
// cache and the journal, and go to disk by themselves when there is room.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { messageOf } from '../../bundle/core/errors.ts';
import { fetchSeries, metricToPath } from '../../bundle/whisper/index.ts';
import {
  makeInstance,
  removeInstance,
  sendTcp,
  startCarbonProcess,
  waitFor,
} from './carbon-process.ts';

const probe = mountProblem();

function mountProblem(): string | false {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root to mount a small file system';
  const directory = mkdtempSync(join(tmpdir(), 'mount-probe-'));
  try {
    mount(directory, '1m');
    execFileSync('umount', [directory], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `cannot mount a small file system: ${messageOf(error)}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function mount(directory: string, size: string, more = ''): void {
  const options = `size=${size}${more}`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'pipe' });
}

/** An instance whose Whisper files lie on a file system of `size`. */
function instanceOn(t: TestContext, size: string, persister: object, more = ''): string {
  const directory = makeInstance({ persister: { intervalSeconds: 0.05, ...persister } });
  const disk = join(directory, 'storage/whisper');
  mkdirSync(disk, { recursive: true });
  mount(disk, size, more);
  t.after(() => {
    execFileSync('umount', ['-l', disk]);
    removeInstance(directory);
  });
  return directory;
}

const stored = (directory: string, metric: string, time: number): number | undefined => {
  const path = join(directory, 'storage/whisper', metricToPath(metric));
  if (!existsSync(path)) return undefined;
  return fetchSeries(path, time - 1, time, Math.floor(Date.now() / 1000))?.values[0];
};

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(join(directory, 'storage/whisper'));
  return bavail * bsize;
}

function fill(directory: string): string {
  const filler = join(directory, 'storage/whisper/filler');
  try {
    writeFileSync(filler, Buffer.alloc(freeBytes(directory) + (1 << 20)));
  } catch {
    // Full is what was wanted.
  }
  assert.equal(freeBytes(directory), 0);
  return filler;
}

test('below the watermark creation stops and updates go on', { skip: probe }, async (t) => {
  const directory = instanceOn(t, '8m', { freeBytesMin: 6 << 20 });
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const port = carbon.ports['tcp'] as number;
  const time = Math.floor(Date.now() / 1000) - 100;
  await sendTcp(port, `old.series 1 ${time}\n`);
  await waitFor('the first series', () => stored(directory, 'old.series', time) === 1);
  const filler = join(directory, 'storage/whisper/filler');
  writeFileSync(filler, Buffer.alloc(3 << 20));
  // Free space is looked at once a second at most.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await sendTcp(port, `new.series 2 ${time}\nold.series 3 ${time + 1}\n`);
  await waitFor('the update', () => stored(directory, 'old.series', time + 1) === 3);
  assert.equal(stored(directory, 'new.series', time), undefined);
  rmSync(filler);
  await waitFor('the creation', () => stored(directory, 'new.series', time) === 2);
  assert.equal(await carbon.end('SIGTERM'), 0);
});

test('without inodes creation stops and updates go on', { skip: probe }, async (t) => {
  const directory = instanceOn(t, '8m', { freeInodesMin: 5, freeBytesMin: 0 }, ',nr_inodes=20');
  const carbon = await startCarbonProcess(directory);
  t.after(() => carbon.end('SIGKILL'));
  const port = carbon.ports['tcp'] as number;
  const time = Math.floor(Date.now() / 1000) - 100;
  await sendTcp(port, `first 1 ${time}\n`);
  await waitFor('the first series', () => stored(directory, 'first', time) === 1);
  for (let k = 0; k < 14; k++) writeFileSync(join(directory, `storage/whisper/used${k}`), '');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await sendTcp(port, `second 2 ${time}\nfirst 3 ${time + 1}\n`);
  await waitFor('the update', () => stored(directory, 'first', time + 1) === 3);
  assert.equal(stored(directory, 'second', time), undefined);
  for (let k = 0; k < 14; k++) rmSync(join(directory, `storage/whisper/used${k}`));
  await waitFor('the creation', () => stored(directory, 'second', time) === 2);
  assert.equal(await carbon.end('SIGTERM'), 0);
});

test('at ENOSPC points wait, survive kill -9, and are stored when there is room', {
  skip: probe,
}, async (t) => {
  const directory = instanceOn(t, '4m', { sparse: true, freeBytesMin: 0, freeInodesMin: 0 });
  const first = await startCarbonProcess(directory);
  t.after(() => first.end('SIGKILL'));
  const time = Math.floor(Date.now() / 1000) - 1000;
  const names = Array.from({ length: 20 }, (_, k) => `full.s${k}`);
  const lines = (value: number, at: number): string =>
    names.map((name) => `${name} ${value} ${at}\n`).join('');
  await sendTcp(first.ports['tcp'] as number, lines(1, time));
  await waitFor('the files', () => names.every((name) => stored(directory, name, time) === 1));
  const filler = fill(directory);
  // Far from the first points, in pages the sparse files do not have yet.
  await sendTcp(first.ports['tcp'] as number, `${lines(2, time + 900)}brand.new 3 ${time}\n`);
  await waitFor('the complaint', () => /ENOSPC/.test(first.log()));
  await new Promise((resolve) => setTimeout(resolve, 1200)); // the journal's interval
  await first.end('SIGKILL');
  const second = await startCarbonProcess(directory);
  t.after(() => second.end('SIGKILL'));
  assert.match(second.log(), /brought back from the journal/);
  rmSync(filler);
  await waitFor('the points', () =>
    names.every((name) => stored(directory, name, time + 900) === 2),
  );
  await waitFor('the new series', () => stored(directory, 'brand.new', time) === 3);
  assert.equal(await second.end('SIGTERM'), 0);
});

test('SIGTERM on a full disk keeps the points in the journal', { skip: probe }, async (t) => {
  const directory = instanceOn(t, '4m', { sparse: true, freeBytesMin: 0, freeInodesMin: 0 });
  const first = await startCarbonProcess(directory);
  t.after(() => first.end('SIGKILL'));
  const filler = fill(directory);
  const time = Math.floor(Date.now() / 1000) - 100;
  await sendTcp(first.ports['tcp'] as number, `kept.in.journal 7 ${time}\n`);
  assert.equal(await first.end('SIGTERM'), 0);
  assert.match(first.log(), /stay in the journal points=1/);
  rmSync(filler);
  const second = await startCarbonProcess(directory);
  assert.equal(await second.end('SIGTERM'), 0);
  assert.equal(stored(directory, 'kept.in.journal', time), 7);
});

test('on a disk that became read-only points wait, and are stored when it is writable', {
  skip: probe,
}, async (t) => {
  const directory = instanceOn(t, '8m', { sparse: true, freeBytesMin: 0, freeInodesMin: 0 });
  const disk = join(directory, 'storage/whisper');
  const remount = (how: 'ro' | 'rw'): void => {
    execFileSync('mount', ['-o', `remount,${how}`, disk], { stdio: 'pipe' });
  };
  const time = Math.floor(Date.now() / 1000) - 100;
  const first = await startCarbonProcess(directory);
  t.after(() => first.end('SIGKILL'));
  await sendTcp(first.ports['tcp'] as number, `old.series 1 ${time}\n`);
  assert.equal(await first.end('SIGTERM'), 0);
  // Without a file open for writing: the system would refuse to remount.
  const second = await startCarbonProcess(directory);
  t.after(() => second.end('SIGKILL'));
  remount('ro');
  const port = second.ports['tcp'] as number;
  await sendTcp(port, `old.series 2 ${time + 1}\nnew.series 3 ${time}\n`);
  await waitFor('the complaint', () => /EROFS/.test(second.log()));
  assert.equal(stored(directory, 'new.series', time), undefined);
  remount('rw');
  await waitFor('the update', () => stored(directory, 'old.series', time + 1) === 2);
  await waitFor('the creation', () => stored(directory, 'new.series', time) === 3);
  assert.equal(await second.end('SIGTERM'), 0);
});
