// Byte for byte what python's whisper writes, and each reads what the other wrote.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  type AggregationMethod,
  aggregationMethods,
  closeWhisper,
  createWhisper,
  fetchSeries,
  openWhisper,
  updateMany,
} from '../../bundle/whisper/index.ts';
import { type PythonCall, runPython, skipWithoutPython } from './python-whisper.ts';
import { randomFrom } from './random.ts';

const directory = mkdtempSync(join(tmpdir(), 'whisper-interop-'));
after(() => rmSync(directory, { recursive: true }));

const skip = skipWithoutPython;
const now = 1_763_700_007;
type Points = [number, number][];

const specs = (archives: [number, number][]) =>
  archives.map(([secondsPerPoint, points]) => ({ secondsPerPoint, points }));

const updateOurs = (path: string, points: Points, at: number): number => {
  const handle = openWhisper(path);
  try {
    const times = Float64Array.from(points, ([time]) => time);
    const values = Float64Array.from(points, ([, value]) => value);
    return updateMany(handle, times, values, points.length, at);
  } finally {
    closeWhisper(handle);
  }
};

interface Script {
  name: string;
  archives: [number, number][];
  method: AggregationMethod;
  xff: number;
  batches: { points: Points; now: number }[];
}

/** Runs a script with python and with ours; yields both files after each batch. */
function* runBoth(script: Script): Generator<[Buffer, Buffer, string]> {
  const path = join(directory, `${script.name}.py.wsp`);
  const ours = join(directory, `${script.name}.ts.wsp`);
  const { archives, method, xff, batches } = script;
  const calls: PythonCall[] = [{ call: 'create', path, archives, xff, method, sparse: false }];
  for (const batch of batches) calls.push({ call: 'update_many', path, ...batch });
  const results = runPython(calls);
  createWhisper(ours, { archives: specs(archives), aggregationMethod: method, xFilesFactor: xff });
  yield [readFileSync(ours), results[0]!.bytes, 'create'];
  for (const [i, batch] of batches.entries()) {
    assert.equal(results[i + 1]!.error, undefined);
    updateOurs(ours, batch.points, batch.now);
    yield [readFileSync(ours), results[i + 1]!.bytes, `batch ${i}: ${JSON.stringify(batch)}`];
  }
}

test('create writes the same file, sparse or not, for every method', { skip }, () => {
  const archives: [number, number][] = [
    [10, 2160],
    [60, 1440],
  ];
  const calls = aggregationMethods.flatMap((method): PythonCall[] =>
    [true, false].map((sparse) => ({
      call: 'create',
      path: join(directory, `${method}-${sparse}.py.wsp`),
      archives,
      xff: 0.3,
      method,
      sparse,
    })),
  );
  runPython(calls).forEach(({ bytes }, i) => {
    const call = calls[i]!;
    assert.ok(call.call === 'create');
    const path = call.path.replace('.py.', '.ts.');
    createWhisper(path, {
      archives: specs(archives),
      aggregationMethod: call.method as AggregationMethod,
      xFilesFactor: 0.3,
      sparse: call.sparse,
    });
    assert.ok(readFileSync(path).equals(bytes), `${call.method} ${call.sparse}`);
  });
});

for (const method of aggregationMethods) {
  test(`updates one by one and roll-up by ${method} are byte for byte python's`, { skip }, () => {
    const values = [3, -7.5, 0, 12.25, -0.5, 4, 4, -7.5, 100, 1 / 3, 2e9, -1e-9];
    const start = now - (now % 60) - 600;
    const batches = values.map((value, i) => ({
      points: [[start + 5 * i, value]] as Points,
      now: start + 5 * i + 2,
    }));
    const archives: [number, number][] = [
      [5, 24],
      [10, 24],
      [30, 100],
    ];
    for (const xff of [0, 0.5, 1]) {
      const script = { name: `one-${method}-${xff}`, archives, method, xff, batches };
      for (const [ours, theirs, step] of runBoth(script)) assert.ok(ours.equals(theirs), step);
    }
  });
}

test('python update() and a flush of one point are the same', { skip }, () => {
  const path = join(directory, 'single.py.wsp');
  const ours = join(directory, 'single.ts.wsp');
  const archives: [number, number][] = [
    [10, 60],
    [60, 100],
  ];
  const ages = [0, 3, 70, 65, 599, 1200, 5999, 20];
  const results = runPython([
    { call: 'create', path, archives, xff: 0, method: 'sum', sparse: false },
    ...ages.map((age, i): PythonCall => ({ call: 'update', path, time: now - age, value: i, now })),
  ]);
  createWhisper(ours, { archives: specs(archives), aggregationMethod: 'sum', xFilesFactor: 0 });
  ages.forEach((age, i) => {
    assert.equal(updateOurs(ours, [[now - age, i]], now), 0);
    assert.ok(readFileSync(ours).equals(results[i + 1]!.bytes), `age ${age}`);
  });
});

test('out of order, backfilled, too old and duplicate slots: the same bytes', { skip }, () => {
  const archives: [number, number][] = [
    [10, 30],
    [60, 30],
    [600, 30],
  ];
  const batches = [
    { points: [[now, 1]] as Points, now },
    {
      points: [
        [now - 10, 2],
        [now + 9, 8],
        [now - 40, 3],
        [now - 33, 4],
      ] as Points,
      now: now + 9,
    },
    // Each archive takes its part; the last point is older than all of them.
    {
      points: [25, 299, 301, 900, 1500, 1801, 9000, 17999, 18100].map((age): [number, number] => [
        now - age,
        age,
      ]),
      now,
    },
    {
      points: Array.from({ length: 60 }, (_, i): [number, number] => [now + 10 * i, i]),
      now: now + 600,
    },
  ];
  for (const method of ['average', 'last', 'avg_zero'] as const) {
    const script = { name: `order-${method}`, archives, method, xff: 0, batches };
    for (const [ours, theirs, step] of runBoth(script)) assert.ok(ours.equals(theirs), step);
  }
});

// Where several coarse slots get their first value in one flush, python begins the ring with
// whichever its hash set yields first, ours with the oldest: the same ring, turned.
function turned(ours: Buffer, theirs: Buffer, archives: [number, number][]): boolean {
  let offset = 16 + 12 * archives.length;
  if (!ours.subarray(0, offset).equals(theirs.subarray(0, offset))) return false;
  return archives.every(([step, points]) => {
    const size = points * 12;
    const a = ours.subarray(offset, offset + size);
    const b = theirs.subarray(offset, offset + size);
    offset += size;
    const slots = (b.readUInt32BE(0) - a.readUInt32BE(0)) / step;
    const at = (((slots % points) + points) % points) * 12;
    return Buffer.concat([a.subarray(at), a.subarray(0, at)]).equals(b);
  });
}

test('random sequences of flushes: the same bytes after each', { skip }, (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  const layouts: [number, number][][] = [
    [[1, 50]],
    [
      [10, 36],
      [60, 30],
    ],
    [
      [5, 24],
      [15, 20],
      [60, 40],
      [300, 30],
    ],
    [
      [60, 5],
      [300, 4],
      [600, 20],
    ],
  ];
  let exact = 0;
  let rotated = 0;
  for (let round = 0; round < 30; round++) {
    const archives = layouts[random(layouts.length)]!;
    const [step] = archives[0]!;
    const reach = archives.at(-1)![0] * archives.at(-1)![1];
    let clock = now + random(10_000);
    const batches = Array.from({ length: 1 + random(8) }, () => {
      clock += random(4) === 0 ? random(reach) : random(6 * step);
      const times = new Set<number>();
      const wanted = random(3) === 0 ? 1 : 1 + random(40);
      const span = random(3) === 0 ? reach + 50 : 20 * step;
      for (let i = 0; i < wanted; i++) times.add(clock - random(span));
      // Eighths add up exactly in any order, whichever python sums them.
      const points = [...times].map((time): [number, number] => [time, (random(4001) - 2000) / 8]);
      return { points, now: clock };
    });
    const script = {
      name: `random-${round}`,
      archives,
      method: aggregationMethods[random(aggregationMethods.length)]!,
      xff: random(5) / 4,
      batches,
    };
    for (const [ours, theirs, at] of runBoth(script)) {
      if (ours.equals(theirs)) exact += 1;
      else {
        rotated += 1;
        assert.ok(
          turned(ours, theirs, archives),
          `SEED=${seed} round ${round} ${script.method} ${script.xff} ${JSON.stringify(archives)} ${at}`,
        );
        // The rings stay turned for the rest of this script.
      }
    }
  }
  t.diagnostic(`${exact} files equal, ${rotated} equal after turning a ring`);
  assert.ok(exact > rotated);
});

test('fetch gives the same interval, step and values; each reads the other', { skip }, () => {
  const random = randomFrom(7);
  const archives: [number, number][] = [
    [10, 60],
    [60, 60],
    [600, 60],
  ];
  const path = join(directory, 'fetch.py.wsp');
  const points = Array.from({ length: 80 }, (_, i): [number, number] => [now - 37 * i, i / 4]);
  runPython([
    { call: 'create', path, archives, xff: 0, method: 'max', sparse: true },
    { call: 'update_many', path, points, now },
  ]);
  const ours = join(directory, 'fetch.ts.wsp');
  createWhisper(ours, {
    archives: specs(archives),
    aggregationMethod: 'max',
    xFilesFactor: 0,
    sparse: true,
  });
  updateOurs(ours, points, now);
  const intervals = Array.from({ length: 150 }, (): [number, number] => {
    const from = now + 100 - random(40_000);
    return [from, from + (random(4) === 0 ? 0 : random(4000))];
  });
  for (const file of [path, ours]) {
    const results = runPython(
      intervals.map(
        ([from, until]): PythonCall => ({ call: 'fetch', path: file, from, until, now }),
      ),
    );
    for (const [i, { result }] of results.entries()) {
      const [from, until] = intervals[i]!;
      const got = fetchSeries(file, from, until, now);
      if (result === null) {
        assert.equal(got, undefined, `${from} ${until}`);
        continue;
      }
      const [[start, end, step], values] = result as [[number, number, number], (number | null)[]];
      assert.ok(got !== undefined, `${from} ${until}`);
      assert.deepEqual(
        [got.start, got.step, got.start + got.step * got.values.length],
        [start, step, end],
      );
      assert.deepEqual(
        Array.from(got.values, (value) => (Number.isNaN(value) ? null : value)),
        values,
      );
    }
  }
});

test('python refuses the archive lists we refuse, and reads our header', { skip }, () => {
  const lists: [number, number][][] = [
    [],
    [
      [60, 60],
      [60, 120],
    ],
    [
      [60, 60],
      [90, 60],
    ],
    [
      [60, 60],
      [300, 12],
    ],
    [
      [60, 4],
      [300, 60],
    ],
    [
      [10, 60],
      [60, 60],
    ],
    [
      [60, 60],
      [10, 60],
    ],
  ];
  const results = runPython(
    lists.map((archives, i) => ({
      call: 'create',
      path: join(directory, `list-${i}.py.wsp`),
      archives,
      xff: 0.5,
      method: 'average',
      sparse: true,
    })),
  );
  for (const [i, archives] of lists.entries()) {
    const path = join(directory, `list-${i}.ts.wsp`);
    const create = () => createWhisper(path, { archives: specs(archives), sparse: true });
    if (results[i]!.error === undefined) {
      create();
      assert.ok(readFileSync(path).equals(results[i]!.bytes));
    } else assert.throws(create, { code: 'bad-archives' }, JSON.stringify(archives));
  }
});

test('a file of python is opened, written and still read by python', { skip }, () => {
  const path = join(directory, 'both.wsp');
  const archives: [number, number][] = [[60, 60]];
  runPython([
    { call: 'create', path, archives, xff: 0.5, method: 'last', sparse: false },
    { call: 'update', path, time: now - 120, value: 1, now },
  ]);
  updateOurs(path, [[now - 60, 2]], now);
  const [fetched, info] = runPython([
    { call: 'fetch', path, from: now - 180, until: now, now },
    { call: 'info', path },
  ]);
  assert.deepEqual((fetched!.result as [unknown, unknown])[1], [1, 2, null]);
  assert.equal((info!.result as { aggregationMethod: string }).aggregationMethod, 'last');
  writeFileSync(path, readFileSync(path).subarray(0, 100));
  assert.throws(() => openWhisper(path), { code: 'whisper-corrupt' });
});
