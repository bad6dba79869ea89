// Converting, merging, filling, checking and mending files.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  type AggregationMethod,
  closeWhisper,
  convertInto,
  countMissing,
  createWhisper,
  fetchSeries,
  fillGaps,
  mergeInto,
  openWhisper,
  parseRetentions,
  repairWhisper,
  setAggregation,
  updateMany,
  verifyWhisper,
} from '../../bundle/whisper/index.ts';
import { randomFrom } from './random.ts';

const directory = mkdtempSync(join(tmpdir(), 'whisper-change-'));
after(() => rmSync(directory, { recursive: true }));

const now = 1_763_700_000;
let files = 0;

const fileWith = (
  retentions: string,
  points: [number, number][],
  aggregationMethod: AggregationMethod = 'sum',
  xFilesFactor = 0,
): string => {
  const path = join(directory, `${files++}.wsp`);
  createWhisper(path, { archives: parseRetentions(retentions), aggregationMethod, xFilesFactor });
  write(path, points);
  return path;
};

function write(path: string, points: [number, number][]): void {
  const handle = openWhisper(path);
  const times = points.map(([time]) => time);
  updateMany(
    handle,
    times,
    points.map(([, value]) => value),
    points.length,
    now,
  );
  closeWhisper(handle);
}

function withBoth<T>(
  target: string,
  source: string,
  work: (a: ReturnType<typeof openWhisper>, b: ReturnType<typeof openWhisper>) => T,
): T {
  const a = openWhisper(target);
  const b = openWhisper(source, { readOnly: true });
  try {
    return work(a, b);
  } finally {
    closeWhisper(a);
    closeWhisper(b);
  }
}

const convert = (source: string, retentions: string, xFilesFactor = 0): string => {
  const target = fileWith(retentions, [], 'sum', xFilesFactor);
  const missing = withBoth(target, source, (a, b) => {
    convertInto(a, b, now);
    return countMissing(a, b, now);
  });
  assert.equal(missing, 0);
  assert.deepEqual(verifyWhisper(target, now).problems, []);
  return target;
};

const known = (path: string, from: number, until = now): [number, number][] => {
  const series = fetchSeries(path, from, until, now);
  return Array.from(series?.values ?? [], (value, i): [number, number] => [
    series!.start + i * series!.step,
    value,
  ]).filter(([, value]) => !Number.isNaN(value));
};

test('a longer retention keeps every point of every archive', () => {
  const random = randomFrom(1);
  const points = Array.from({ length: 400 }, (): [number, number] => [
    now - random(7000),
    random(99),
  ]);
  const source = fileWith('10s:10m,1m:2h', points);
  const target = convert(source, '10s:30m,1m:6h,10m:1d');
  for (const from of [now - 600, now - 7200]) {
    assert.deepEqual(
      known(target, from).filter(([time]) => time % 60 === 0 || from === now - 600).length > 0,
      true,
    );
  }
  assert.deepEqual(known(target, now - 600), known(source, now - 600));
  // The hour beyond ten minutes exists in minutes only, and is still read in minutes.
  const older = known(source, now - 7200, now - 1800);
  assert.deepEqual(known(target, now - 7200, now - 1800), older);
});

test('a coarser first archive gets what the finer points make', () => {
  const source = fileWith(
    '10s:1h',
    Array.from({ length: 360 }, (_, i): [number, number] => [now - 10 * i, 1]),
  );
  const target = convert(source, '1m:1h,10m:1d');
  const minutes = known(target, now - 3000, now - 60);
  assert.ok(minutes.length > 40 && minutes.every(([, value]) => value === 6));
  const strict = convert(fileWith('10s:1h', [[now - 600, 5]]), '1m:1h', 0.5);
  assert.deepEqual(known(strict, now - 3000), []);
});

test('a finer first archive gets the coarse values where they begin', () => {
  const start = now - (now % 60);
  const target = convert(fileWith('1m:1h', [[start - 120, 7]]), '10s:1h,1m:2h');
  assert.deepEqual(known(target, now - 600), [[start - 120, 7]]);
});

test('points somewhat ahead of the clock survive, older turns of the ring do not come back', () => {
  const source = fileWith('10s:10m', [
    [now + 50, 1],
    [now - 100, 2],
  ]);
  const target = convert(source, '10s:20m');
  const handle = openWhisper(target);
  const ahead = fetchSeries(handle, now + 40, now + 50, now + 60);
  assert.equal(ahead?.values[0], 1);
  closeWhisper(handle);
  const stale = fileWith('10s:10m', [[now - 590, 3]]);
  const later = fileWith('10s:20m', []);
  withBoth(later, stale, (a, b) => convertInto(a, b, now + 300));
  assert.deepEqual(known(later, now - 1200), []);
});

test('countMissing notices a point that is not in the copy', () => {
  const source = fileWith('10s:10m', [[now, 1]]);
  const target = convert(source, '10s:20m');
  write(source, [[now - 20, 2]]);
  assert.equal(
    withBoth(target, source, (a, b) => countMissing(a, b, now)),
    1,
  );
});

test('merge writes over, fill only into gaps', () => {
  const source = fileWith('10s:10m,1m:1h', [
    [now - 20, 1],
    [now - 10, 2],
    [now - 1800, 9],
  ]);
  const mine: [number, number][] = [
    [now - 10, 5],
    [now, 6],
  ];
  const merged = fileWith('10s:10m,1m:1h', mine);
  withBoth(merged, source, (a, b) => mergeInto(a, b, 0, now, now));
  assert.deepEqual(
    known(merged, now - 100).map(([, value]) => value),
    [1, 2, 6],
  );
  const filled = fileWith('10s:10m,1m:1h', mine);
  // The old minute and the ten seconds that were missing.
  assert.equal(
    withBoth(filled, source, (a, b) => fillGaps(a, b, now)),
    2,
  );
  assert.deepEqual(
    known(filled, now - 100).map(([, value]) => value),
    [1, 5, 6],
  );
  assert.deepEqual(
    known(filled, now - 3000, now - 1700).map(([, value]) => value),
    [9],
  );
  const recent = fileWith('10s:10m,1m:1h', mine);
  assert.equal(
    withBoth(recent, source, (a, b) => fillGaps(a, b, now, now - 100)),
    1,
  );
  const unlike = fileWith('10s:20m', []);
  assert.throws(() => withBoth(unlike, source, (a, b) => mergeInto(a, b, 0, now, now)), {
    code: 'unlike-archives',
  });
  assert.throws(() => withBoth(merged, source, (a, b) => mergeInto(a, b, now, 0, now)), {
    code: 'bad-interval',
  });
});

test('setAggregation changes the header and nothing else', () => {
  const path = fileWith('10s:10m', [[now, 1]]);
  const before = readFileSync(path);
  setAggregation(path, { aggregationMethod: 'max', xFilesFactor: 0.25 });
  const handle = openWhisper(path, { readOnly: true });
  assert.deepEqual([handle.layout.aggregationMethod, handle.layout.xFilesFactor], ['max', 0.25]);
  closeWhisper(handle);
  assert.ok(readFileSync(path).subarray(12).equals(before.subarray(12)));
});

const points: [number, number][] = [
  [now - 50, 1],
  [now - 10, 2],
  [now - 900, 3],
];

test('a sound file has no problems', () => {
  assert.deepEqual(verifyWhisper(fileWith('10s:10m,1m:1h', points), now).problems, []);
  assert.deepEqual(verifyWhisper(fileWith('10s:10m', []), now).problems, []);
});

for (const [damage, harm, problem] of [
  [
    'points in wrong places',
    (path: string) => {
      const bytes = readFileSync(path);
      bytes.copy(bytes, 40 + 12 * 30, 40, 52);
      writeFileSync(path, bytes);
    },
    /archive 0: 1 points in the wrong place/,
  ],
  [
    'points of the far future',
    (path: string) => {
      const bytes = readFileSync(path);
      const time = bytes.readUInt32BE(40) + 600 * 1000;
      bytes.writeUInt32BE(time, 40);
      writeFileSync(path, bytes);
    },
    /1 points more than a day in the future/,
  ],
  ['a cut end', (path: string) => truncateSync(path, 1000), /cut off/],
  ['bytes behind the end', (path: string) => appendFileSync(path, 'xyz'), /3 bytes too many/],
] as const) {
  test(`${damage}: found, mended, the damaged file kept`, () => {
    const path = fileWith('10s:10m,1m:1h', points);
    harm(path);
    const damaged = readFileSync(path);
    const { problems } = verifyWhisper(path, now);
    assert.match(problems.join('; '), problem);
    const aside = repairWhisper(path, now);
    assert.ok(readFileSync(aside).equals(damaged));
    assert.deepEqual(verifyWhisper(path, now).problems, []);
    assert.equal(known(path, now - 20).at(-1)?.[1], 2);
  });
}

test('a lost header can be given back', () => {
  const path = fileWith('10s:10m,1m:1h', points);
  const good = join(directory, 'good.wsp');
  copyFileSync(path, good);
  const bytes = readFileSync(path);
  bytes.fill(0xff, 0, 40);
  writeFileSync(path, bytes);
  assert.throws(() => repairWhisper(path, now), { code: 'whisper-corrupt' });
  assert.ok(readFileSync(path).equals(bytes));
  assert.equal(existsSync(`${path}.bad-${now}`), false);
  repairWhisper(path, now, {
    archives: parseRetentions('10s:10m,1m:1h'),
    aggregationMethod: 'sum',
    xFilesFactor: 0,
  });
  assert.deepEqual(known(path, now - 3600), known(good, now - 3600));
  assert.deepEqual(known(path, now - 500), known(good, now - 500));
});
