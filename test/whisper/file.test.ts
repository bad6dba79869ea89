// Create, open, update and damage, without python.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OperatingError } from '../../bundle/core/errors.ts';
import {
  type AggregationMethod,
  closeWhisper,
  createWhisper,
  type FetchTarget,
  fetchInto,
  fetchSeries,
  fileBytes,
  isReplaced,
  openWhisper,
  parseRetentions,
  updateMany,
} from '../../bundle/whisper/index.ts';
import { randomFrom } from './random.ts';

const directory = mkdtempSync(join(tmpdir(), 'whisper-file-'));
after(() => rmSync(directory, { recursive: true }));

const now = 1_763_700_000;
let files = 0;
const newPath = () => join(directory, `${files++}.wsp`);

const created = (
  retentions = '10s:10m,1m:2h',
  more: { aggregationMethod?: AggregationMethod; xFilesFactor?: number } = {},
): string => {
  const path = newPath();
  createWhisper(path, { archives: parseRetentions(retentions), xFilesFactor: 0, ...more });
  return path;
};

const update = (path: string, points: [number, number][], at = now): number => {
  const handle = openWhisper(path);
  try {
    const times = points.map(([time]) => time);
    return updateMany(
      handle,
      times,
      points.map(([, value]) => value),
      points.length,
      at,
    );
  } finally {
    closeWhisper(handle);
  }
};

const valueAt = (path: string, time: number, from = time - 10): number | undefined =>
  fetchSeries(path, from, time, now)?.values[0];

test('create makes directories, the exact size, and nothing else', () => {
  const path = join(directory, 'a/b/c/d.wsp');
  const archives = parseRetentions('10s:10m,1m:2h');
  for (const sparse of [true, false]) {
    rmSync(path, { force: true });
    createWhisper(path, { archives, sparse, sync: true });
    assert.equal(statSync(path).size, fileBytes(archives));
    assert.deepEqual(readdirSync(join(directory, 'a/b/c')), ['d.wsp']);
  }
  assert.throws(() => createWhisper(path, { archives }), { code: 'whisper-exists' });
});

test('a create that fails leaves no file behind', () => {
  const archives = parseRetentions('1m:1d');
  const path = join(directory, 'failing', 'x.wsp');
  assert.throws(() => createWhisper(path, { archives, xFilesFactor: 1.5 }), {
    code: 'bad-x-files-factor',
  });
  assert.throws(() => createWhisper(path, { archives: [] }), { code: 'bad-archives' });
  // The rename fails: something else came to be there that a file cannot replace.
  const target = join(directory, 'failing', 'y.wsp');
  writeFileSync(join(directory, 'blocked'), '');
  assert.throws(() => createWhisper(join(directory, 'blocked/z.wsp'), { archives }));
  mkdirSync(target, { recursive: true });
  assert.throws(() => createWhisper(target, { archives }), { code: 'whisper-exists' });
  assert.deepEqual(readdirSync(join(directory, 'failing')), ['y.wsp']);
});

test('a name of 255 bytes has a file', () => {
  const path = join(directory, `${'n'.repeat(251)}.wsp`);
  createWhisper(path, { archives: parseRetentions('1m:1h'), sparse: true });
  assert.equal(statSync(path).isFile(), true);
});

test('the dropped points are counted: too old for every archive, beyond 2106', () => {
  const path = created('10s:1m');
  assert.equal(
    update(path, [
      [now - 61, 1],
      [now - 60, 2],
      [now, 3],
      [2 ** 32, 4],
      [-5, 5],
    ]),
    3,
  );
  assert.equal(update(path, []), 0);
});

test('the last of equal times wins, and the latest time within a slot', () => {
  const path = created();
  update(path, [
    [now, 1],
    [now, 2],
    [now - 5, 10],
    [now - 9, 11],
  ]);
  assert.equal(valueAt(path, now), 2);
  assert.equal(valueAt(path, now - 10), 10);
});

test('a flush longer than the ring keeps the newest turn and stays inside its archive', () => {
  const path = created('1s:10s,10s:100s');
  const header = readFileSync(path).subarray(0, 40);
  const points = Array.from({ length: 35 }, (_, i): [number, number] => [now - 5 + i, i]);
  assert.equal(update(path, points), 0);
  assert.ok(readFileSync(path).subarray(0, 40).equals(header));
  assert.equal(statSync(path).size, 40 + 20 * 12);
  assert.deepEqual(
    Array.from(fetchSeries(path, now + 19, now + 29, now + 29)!.values),
    [25, 26, 27, 28, 29, 30, 31, 32, 33, 34],
  );
});

test('`offset` takes points from the middle of the arrays', () => {
  const path = created();
  const handle = openWhisper(path);
  updateMany(
    handle,
    new Float64Array([now - 20, now - 10, now]),
    new Float64Array([1, 2, 3]),
    1,
    now,
    1,
  );
  closeWhisper(handle);
  assert.deepEqual(Array.from(fetchSeries(path, now - 30, now, now)!.values), [
    Number.NaN,
    2,
    Number.NaN,
  ]);
});

test('percentiles and median interpolate between ranks', () => {
  for (const [method, expected] of [
    ['p50', 3.5],
    ['p0', 1],
    ['p100', 6],
    ['p90', 5.5],
    ['p99.9', 5.995],
  ] as const) {
    const path = created('10s:10m,1m:2h', { aggregationMethod: method });
    const start = now - (now % 60) - 60;
    update(
      path,
      [6, 1, 5, 2, 4, 3].map((value, i) => [start + 10 * i, value]),
    );
    const value = fetchSeries(path, now - 3600, now, now)!.values.at(-2);
    assert.ok(Math.abs(value! - expected) < 1e-9, `${method}: ${value}`);
    const handle = openWhisper(path);
    assert.equal(handle.layout.aggregationMethod, method);
    closeWhisper(handle);
  }
});

test('a deleted or replaced file is noticed', () => {
  const path = created();
  const handle = openWhisper(path);
  assert.equal(isReplaced(handle), false);
  renameSync(created(), path);
  assert.equal(isReplaced(handle), true);
  rmSync(path);
  assert.equal(isReplaced(handle), true);
  closeWhisper(handle);
});

test('fetch reuses its target and says when there is nothing', () => {
  const path = created();
  update(path, [[now, 1]]);
  const target: FetchTarget = { start: 0, step: 0, count: 0, values: new Float64Array(3) };
  const { values } = target;
  assert.equal(fetchInto(path, now - 20, now, now, target), true);
  assert.deepEqual([target.start, target.step, target.count], [now - 10, 10, 2]);
  assert.equal(target.values, values);
  assert.equal(fetchInto(path, now + 1, now + 20, now, target), false);
  assert.equal(fetchInto(path, now, now - 20, now, target), false);
  assert.equal(fetchInto(path, 0, now - 7201, now, target), false);
  assert.throws(() => fetchInto(join(directory, 'none.wsp'), 0, now, now, target), {
    code: 'whisper-missing',
  });
});

test('a file cut at any byte is refused, whole ones are not', () => {
  const path = created('10s:1m,1m:10m');
  update(path, [[now, 1]]);
  const whole = readFileSync(path);
  const cut = newPath();
  writeFileSync(cut, whole);
  for (let length = whole.length - 1; length >= 0; length--) {
    truncateSync(cut, length);
    assert.throws(() => openWhisper(cut), { code: 'whisper-corrupt' }, `${length} bytes`);
  }
  writeFileSync(cut, whole);
  closeWhisper(openWhisper(cut));
});

test('a file cut while it is open is an error, not a wrong answer', () => {
  const path = created('10s:1m,1m:10m');
  update(path, [[now, 1]]);
  const handle = openWhisper(path);
  truncateSync(path, 60);
  assert.throws(() => updateMany(handle, [now - 30, now], [1, 2], 2, now), {
    code: 'whisper-corrupt',
  });
  assert.throws(() => fetchSeries(handle, now - 60, now, now), { code: 'whisper-corrupt' });
  closeWhisper(handle);
});

test('damaged headers are refused or harmless: no crash, no growing file', (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  const path = created('10s:2m,1m:10m,5m:1h');
  update(path, [
    [now - 600, 1],
    [now - 60, 2],
    [now, 3],
  ]);
  const whole = readFileSync(path);
  const damaged = newPath();
  let refused = 0;
  for (let round = 0; round < 800; round++) {
    const bytes = Buffer.from(whole);
    const changes = 1 + random(3);
    // Mostly the header, sometimes the points.
    for (let i = 0; i < changes; i++)
      bytes[random(random(3) === 0 ? bytes.length : 52)] = random(256);
    writeFileSync(damaged, bytes);
    try {
      const handle = openWhisper(damaged);
      try {
        updateMany(handle, [now - 700, now - 50, now], [1, 2, 3], 3, now);
        fetchSeries(handle, now - 3600, now, now);
      } finally {
        closeWhisper(handle);
      }
    } catch (error) {
      assert.ok(error instanceof OperatingError, `SEED=${seed} round ${round}: ${error}`);
      assert.equal(error.code, 'whisper-corrupt');
      refused += 1;
    }
    assert.equal(statSync(damaged).size, whole.length);
  }
  assert.ok(refused > 200);
});

// A file system of one megabyte; only root can make one.
function smallDisk(): string | undefined {
  const path = join(directory, 'small');
  mkdirSync(path);
  const words = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path];
  return spawnSync('mount', words).status === 0 ? path : undefined;
}

test('on a full disk a create leaves nothing, updates of whole files go on', (t) => {
  const disk = smallDisk();
  if (disk === undefined) return t.skip('a small file system cannot be mounted here');
  try {
    const small = join(disk, 'small.wsp');
    createWhisper(small, { archives: parseRetentions('1m:1d'), xFilesFactor: 0 });
    const large = join(disk, 'a/large.wsp');
    assert.throws(() => createWhisper(large, { archives: parseRetentions('1s:2d') }), {
      code: 'ENOSPC',
    });
    assert.deepEqual(readdirSync(join(disk, 'a')), []);
    assert.throws(() => writeFileSync(join(disk, 'rest'), Buffer.alloc(2 ** 21)), {
      code: 'ENOSPC',
    });
    assert.equal(update(small, [[now, 7]]), 0);
    assert.equal(valueAt(small, now, now - 60), 7);
  } finally {
    spawnSync('umount', [disk]);
  }
});

test('go-carbon’s compressed files are named as such', () => {
  const path = newPath();
  writeFileSync(path, `whisper_compressed${'\0'.repeat(200)}`);
  assert.throws(() => openWhisper(path), { code: 'whisper-corrupt', message: /compressed format/ });
});

test('what came for the finest archive is counted, within a flush and over several', () => {
  const path = newPath();
  createWhisper(path, { archives: parseRetentions('10s:1h,1m:1d') });
  const handle = openWhisper(path);
  const start = now - (now % 60) - 600;
  const f = (offsets: number[], want: [points: number, overwritten: number]): void => {
    const times = offsets.map((offset) => start + offset);
    updateMany(handle, times, times, times.length, now);
    const { points, overwritten } = handle.arrivals;
    assert.deepEqual([points, overwritten], want, offsets.join());
  };
  f([0, 10, 20], [3, 0]);
  f([20], [3, 0]);
  f([20, 20, 30], [4, 0]);
  f([31, 32, 40], [7, 2]);
  f([51, 55, 50, 51], [10, 4]);
  f([5], [11, 4]);
  f([-4000], [11, 4]);
  assert.equal(handle.arrivals.newest, start + 55);
  closeWhisper(handle);
});
