// Merging, comparing and fetching random files of several archives as python's whisper does: points
// out of order, before and beyond the retention, rings that have turned over.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  aggregationMethods,
  closeWhisper,
  createWhisper,
  diffFiles,
  fetchSeries,
  mergeInto,
  openWhisper,
  updateMany,
  type WhisperHandle,
} from '../../bundle/whisper/index.ts';
import { type PythonCall, runPython, skipWithoutPython } from './python-whisper.ts';
import { randomFrom } from './random.ts';

const directory = mkdtempSync(join(tmpdir(), 'whisper-merge-'));
after(() => rmSync(directory, { recursive: true }));
const skip = skipWithoutPython;
const now = 1_763_700_007;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e6));
const layouts: [number, number][][] = [
  [[10, 30]],
  [
    [10, 30],
    [60, 20],
  ],
  [
    [5, 24],
    [15, 20],
    [60, 40],
    [300, 30],
  ],
];

function using<T>(path: string, work: (handle: WhisperHandle) => T): T {
  const handle = openWhisper(path);
  try {
    return work(handle);
  } finally {
    closeWhisper(handle);
  }
}

test('merge, diff and fetch of random files', { skip }, (t) => {
  const random = randomFrom(seed);
  t.diagnostic(`SEED=${seed}`);
  const calls: PythonCall[] = [];
  const checks: ((python: ReturnType<typeof runPython>[number], what: string) => void)[] = [];
  for (let round = 0; round < 25; round++) {
    const archives = layouts[random(layouts.length)]!;
    const reach = archives.at(-1)![0] * archives.at(-1)![1];
    const method = aggregationMethods[random(aggregationMethods.length)]!;
    const [a, b] = ['a', 'b'].map((name) => {
      const path = join(directory, `${round}-${name}.wsp`);
      createWhisper(path, {
        archives: archives.map(([secondsPerPoint, points]) => ({ secondsPerPoint, points })),
        aggregationMethod: method,
        xFilesFactor: random(5) / 4,
      });
      for (let batch = 1 + random(4), clock = now - random(reach); batch > 0; batch--) {
        const count = 1 + random(60);
        const span = random(3) === 0 ? reach + 100 : 40 * archives[0]![0];
        const times = Float64Array.from({ length: count }, () => clock - random(span));
        const values = times.map(() => (random(4001) - 2000) / 8);
        using(path, (handle) => updateMany(handle, times, values, count, clock));
        clock = Math.min(now, clock + random(reach / 2));
      }
      return path;
    }) as [string, string];

    const ignoreEmpty = random(2) === 0;
    const until = now - random(reach);
    calls.push({ call: 'diff', path: a, other: b, ignoreEmpty, until, now });
    const ours = using(a, (left) =>
      using(b, (right) => diffFiles(left, right, now, { ignoreEmpty, until })),
    ).map(({ archive, total, points }) => [
      archive,
      points.map(({ time, a: x, b: y }) => [
        time,
        Number.isNaN(x) ? null : x,
        Number.isNaN(y) ? null : y,
      ]),
      total,
    ]);
    checks.push(({ result, error }, what) => {
      assert.equal(error, undefined, what);
      assert.deepEqual(ours, result, what);
    });

    const [merged, theirs] = [`${b}.ours`, `${b}.theirs`];
    copyFileSync(b, merged);
    copyFileSync(b, theirs);
    const from = now - random(reach + 100);
    const to = from + random(now - from + 1);
    using(a, (source) => using(merged, (target) => mergeInto(target, source, from, to, now)));
    calls.push({ call: 'merge', path: theirs, source: a, from, until: to, now });
    checks.push(({ error }, what) => {
      assert.equal(error, undefined, what);
      const same = readFileSync(merged).equals(readFileSync(theirs));
      if (!same) t.diagnostic(`${what}: other bytes, compared by fetching`);
    });
    for (let query = 0; query < 10; query++) {
      const begin = now + 50 - random(reach + 100);
      const end = begin + random(reach);
      calls.push({ call: 'fetch', path: theirs, from: begin, until: end, now });
      const got = fetchSeries(merged, begin, end, now);
      checks.push(({ result, error }, what) => {
        assert.equal(error, undefined, what);
        const mine =
          got === undefined
            ? null
            : [
                [got.start, got.start + got.step * got.values.length, got.step],
                Array.from(got.values, (value) => (Number.isNaN(value) ? null : value)),
              ];
        assert.deepEqual(mine, result, what);
      });
    }
  }
  const results = runPython(calls);
  for (const [i, check] of checks.entries())
    check(results[i]!, `SEED=${seed} ${JSON.stringify(calls[i])}`);
});
