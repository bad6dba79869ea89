// The persister: order, limits, and what becomes of points that cannot be written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cache } from '../../../bundle/carbon/cache/cache.ts';
import { Persister, type PersisterOptions } from '../../../bundle/carbon/persister/persister.ts';
import {
  type BatchWriter,
  newWriterState,
  outcomes,
  type WriterState,
} from '../../../bundle/carbon/persister/write-batch.ts';
import { Ledger } from '../../../bundle/carbon/receivers/ledger.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import { waitFor } from '../carbon-process.ts';
import { noJournal } from '../receivers/receiving.ts';

interface Written {
  name: string;
  values: number[];
}

/** A writing side in memory; `decide` gives the outcome of each series. */
function createSide(options: Partial<PersisterOptions>, decide: (name: string) => number) {
  const cache = new Cache({ bytesMax: 4 << 20, nameBytesMax: 1024, seriesMax: 1e6 }, noJournal);
  const ledger = new Ledger();
  const written: Written[] = [];
  let underWay = 0;
  let underWayMax = 0;
  const state: WriterState = newWriterState();
  const writer: BatchWriter = {
    write: async (batch) => {
      underWay++;
      underWayMax = Math.max(underWayMax, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      let nameAt = 0;
      let pointAt = 0;
      for (let k = 0; k < batch.series; k++) {
        const nameEnd = nameAt + (batch.nameLengths[k] as number);
        const pointEnd = pointAt + (batch.counts[k] as number);
        const name = Buffer.from(batch.names.subarray(nameAt, nameEnd)).toString();
        const outcome = decide(name);
        batch.outcomes[k] = outcome;
        if (outcome === outcomes.stored)
          written.push({ name, values: [...batch.values.subarray(pointAt, pointEnd)] });
        nameAt = nameEnd;
        pointAt = pointEnd;
      }
      underWay--;
      return state;
    },
    close: async () => {},
  };
  const persister = new Persister(
    { cache, ledger, writer, log: silentLogger, clock: () => performance.now() },
    { strategy: 'noop', intervalMilliseconds: 5, updatesPerSecond: 0, ...options },
  );
  const add = (name: string, ...values: number[]): void => {
    const id = cache.intern(Buffer.from(name), 0, Buffer.byteLength(name)) as number;
    for (const [k, value] of values.entries()) assert.ok(cache.append(id, 1000 + k, value));
  };
  const addMany = (name: string, count: number): void => {
    const id = cache.intern(Buffer.from(name), 0, Buffer.byteLength(name)) as number;
    for (let k = 0; k < count; k++) assert.ok(cache.append(id, 1000 + k, k));
  };
  return { cache, ledger, persister, written, add, addMany, underWayMax: () => underWayMax };
}

const store = (): number => outcomes.stored;

test('strategies order the series of a pass', async () => {
  const f = async (strategy: PersisterOptions['strategy'], want: string[]): Promise<void> => {
    const side = createSide({ strategy }, store);
    side.add('c.one', 1);
    side.add('a.three', 1, 2, 3);
    side.add('b.two', 1, 2);
    side.persister.start();
    await waitFor('the points', () => side.cache.points === 0);
    await side.persister.stop();
    assert.deepEqual(
      side.written.map(({ name }) => name),
      want,
    );
  };
  await f('noop', ['c.one', 'a.three', 'b.two']);
  await f('max', ['a.three', 'b.two', 'c.one']);
  await f('sorted', ['a.three', 'b.two', 'c.one']);
});

test('all points arrive once and in order, also those that come during a pass', async () => {
  const side = createSide({}, store);
  side.persister.start();
  for (let round = 0; round < 200; round++) {
    for (let s = 0; s < 100; s++) side.add(`order.s${s}`, round);
    if (round % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await side.persister.stop();
  const perSeries = new Map<string, number[]>();
  for (const { name, values } of side.written)
    perSeries.set(name, [...(perSeries.get(name) ?? []), ...values]);
  assert.equal(perSeries.size, 100);
  for (const values of perSeries.values())
    assert.deepEqual(
      values,
      Array.from({ length: 200 }, (_, k) => k),
    );
  assert.equal(side.ledger.stored, 20_000);
  assert.ok(side.underWayMax() <= 2);
});

test('a series with more points than a batch holds is written whole', async () => {
  const side = createSide({}, store);
  side.addMany('big.one', 50_000);
  side.add('small.one', 1);
  side.persister.start();
  await side.persister.stop();
  assert.equal(side.written.find(({ name }) => name === 'big.one')?.values.length, 50_000);
  assert.equal(side.cache.points, 0);
});

test('updates per second are kept, and a stop ignores them', async () => {
  const side = createSide({ updatesPerSecond: 20 }, store);
  for (let s = 0; s < 500; s++) side.add(`limit.s${s}`, 1);
  const begun = performance.now();
  side.persister.start();
  await waitFor('some updates', () => side.written.length >= 30);
  const seconds = (performance.now() - begun) / 1000;
  assert.ok(side.written.length <= 20 + 20 * seconds + 1, `${side.written.length} in ${seconds} s`);
  await side.persister.stop();
  assert.equal(side.written.length, 500);
});

test('what fails is tried again and nothing is lost', async () => {
  let attempts = 0;
  const side = createSide({}, () => (++attempts < 3 ? outcomes.failed : outcomes.stored));
  side.add('again.a', 1, 2);
  side.persister.start();
  await waitFor('the first failure', () => attempts === 1);
  side.add('again.a', 3);
  await waitFor('success', () => side.cache.points === 0);
  await side.persister.stop();
  assert.deepEqual(side.written.at(-1)?.values, [1, 2, 3]);
  assert.equal(side.ledger.stored, 3);
});

test('series whose files may not be made wait while there is room, then are dropped and counted', async () => {
  const side = createSide({}, (name) =>
    name.startsWith('new') ? outcomes.heldBack : outcomes.stored,
  );
  side.add('new.a', 1, 2);
  side.persister.start();
  await waitFor('a pass', () => side.persister.passes > 0);
  assert.equal(side.cache.points, 2);
  side.addMany('new.b', 200_000);
  await waitFor('the drop', () => side.cache.points < 200_000);
  await side.persister.stop();
  assert.ok(side.ledger.lost['create-limit'] >= 200_000);
});

test('a name that cannot be a file is dropped and counted', async () => {
  const side = createSide({}, () => outcomes.badPath);
  side.add('bad.path', 1, 2);
  side.persister.start();
  await waitFor('the drop', () => side.ledger.lost['bad-path'] === 2);
  await side.persister.stop();
  assert.equal(side.cache.points, 0);
});
