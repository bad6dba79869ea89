// The cache against a plain model: random arrivals, detachments, settlements and returns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cache, type Detached, type PointJournal } from '../../../bundle/carbon/cache/cache.ts';
import { judgeName, normaliseTaggedName } from '../../../bundle/carbon/cache/metric-name.ts';
import { SeriesTable } from '../../../bundle/carbon/cache/series-table.ts';
import { randomFrom } from '../fuzz.ts';

class CountingJournal implements PointJournal {
  segment = 1;
  added = 0;
  readonly held = new Map<number, number>();
  add(): void {
    this.added++;
  }
  hold(segment: number): void {
    this.held.set(segment, (this.held.get(segment) ?? 0) + 1);
  }
  letGo(segment: number): void {
    this.held.set(segment, (this.held.get(segment) ?? 0) - 1);
  }
}

const options = { bytesMax: 4 << 20, nameBytesMax: 1024, seriesMax: 100_000 };

function intern(cache: Cache, name: string): number {
  const bytes = Buffer.from(name);
  const id = cache.intern(bytes, 0, bytes.length);
  assert.equal(typeof id, 'number', `${name}: ${id}`);
  return id as number;
}

test('points come back in the order of arrival, whatever is under way or given back', () => {
  const seed = Date.now() % 2 ** 31;
  const random = randomFrom(seed);
  const journal = new CountingJournal();
  const cache = new Cache(options, journal);
  const model = new Map<number, { value: number; segment: number }[]>();
  const ids = Array.from({ length: 30 }, (_, k) => intern(cache, `model.s${k}`));
  const underWay = new Map<number, Detached>();
  let next = 0;
  for (let step = 0; step < 20_000; step++) {
    const dice = random();
    const id = ids[Math.floor(random() * ids.length)] as number;
    if (dice < 0.7) {
      cache.append(id, 1000 + step, next);
      model.set(id, [...(model.get(id) ?? []), { value: next++, segment: journal.segment }]);
    } else if (dice < 0.75) journal.segment++;
    else if (dice < 0.85 && underWay.size === 0) {
      for (const queued of cache.takeQueue()) {
        if (random() < 0.2) {
          cache.requeue(queued);
          continue;
        }
        const count = cache.pendingOf(queued);
        const detached = { count: 0, newest: 0, oldest: 0, segment: 0 };
        const values = new Float64Array(count);
        cache.detach(queued, new Float64Array(count), values, 0, detached);
        const want = (model.get(queued) ?? []).map(({ value }) => value);
        assert.deepEqual([...values], want, `seed ${seed}`);
        underWay.set(queued, detached);
      }
    } else {
      for (const [one, detached] of underWay) {
        if (random() < 0.7) {
          cache.settle(one, detached);
          model.set(one, (model.get(one) ?? []).slice(detached.count));
        } else cache.giveBack(one, detached);
        underWay.delete(one);
      }
    }
    const held = [...(model.get(id) ?? [])].map(({ value }) => value);
    assert.deepEqual([...cache.read(cache.table.name(id)).values], held, `seed ${seed}`);
  }
  // No segment with a pending point may count as free.
  for (const list of model.values()) {
    const oldest = list[0]?.segment;
    if (oldest === undefined) continue;
    const heldUpTo = [...journal.held].filter(([segment, count]) => segment <= oldest && count > 0);
    assert.notEqual(heldUpTo.length, 0, `seed ${seed}: segment ${oldest} is free`);
  }
  let total = 0;
  for (const list of model.values()) total += list.length;
  assert.equal(cache.points, total);
  assert.equal(journal.added, next);
});

test('the budget is exact: full means full, and what is settled can be used again', () => {
  const cache = new Cache(options, new CountingJournal());
  const id = intern(cache, 'full.up');
  let taken = 0;
  while (cache.append(id, 1, taken)) taken++;
  assert.equal(taken, options.bytesMax / 16);
  assert.equal(cache.pool.bytesUsed, options.bytesMax);
  assert.equal(cache.isFull, true);
  const [queued] = cache.takeQueue();
  const detached = { count: 0, newest: 0, oldest: 0, segment: 0 };
  const values = new Float64Array(taken);
  cache.detach(queued as number, new Float64Array(taken), values, 0, detached);
  assert.equal(values[taken - 1], taken - 1);
  cache.settle(queued as number, detached);
  assert.equal(cache.points, 0);
  assert.equal(cache.append(id, 1, 1), true);
});

test('names are told apart and found again while the table grows', () => {
  const table = new SeriesTable(1, 8);
  const names = Array.from({ length: 50_000 }, (_, k) => `grow.${k % 7}.series${k}`);
  for (const name of names) {
    const bytes = Buffer.from(name);
    assert.equal(table.find(bytes, 0, bytes.length), 0);
    table.add(bytes, 0, bytes.length);
  }
  names.forEach((name, k) => {
    const bytes = Buffer.from(`xx${name}yy`);
    assert.equal(table.find(bytes, 2, bytes.length - 2), k + 1);
    assert.equal(table.name(k + 1), name);
  });
  assert.equal(table.size, names.length);
});

test('state of a series takes about a hundred bytes besides its name', () => {
  const cache = new Cache({ ...options, seriesMax: 1e6 }, new CountingJournal());
  for (let k = 0; k < 260_000; k++) intern(cache, `s.${k}`);
  assert.ok(cache.seriesBytes / cache.table.size < 100, `${cache.seriesBytes / 260_000}`);
});

test('beyond the limit of series new names are refused, known ones go on', () => {
  const cache = new Cache({ ...options, seriesMax: 2 }, new CountingJournal());
  const first = intern(cache, 'one');
  intern(cache, 'two');
  assert.equal(cache.intern(Buffer.from('three'), 0, 5), 'series-limit');
  assert.equal(cache.intern(Buffer.from('one'), 0, 3), first);
});

test('a tagged name has one spelling', () => {
  const f = (name: string, want: string | undefined): void =>
    assert.equal(normaliseTaggedName(name), want, name);
  f('a;b=2;a=1', 'a;a=1;b=2');
  f('a.b;x=1', 'a.b;x=1');
  // As carbon.util.TaggedSeries and go-carbon's tags.Normalize order them.
  f('a;x=1;x2=2;x-y=3;x.y=4;X=5;xa=6;x_=7', 'a;X=5;x-y=3;x.y=4;x2=2;x=1;x_=7;xa=6');
  f('a;x=1;x=2', 'a;x=2');
  f('a;x', undefined);
  f('a;=1', undefined);
  f('a;x=', undefined);
  f('a;x=~1', undefined);
  f('a;x!=1', undefined);
  const cache = new Cache(options, new CountingJournal());
  assert.equal(intern(cache, 'a;b=2;a=1'), intern(cache, 'a;a=1;b=2'));
  assert.equal(cache.table.size, 1);
});

test('a long node is refused only where a file name would be too long', () => {
  const verdict = (name: string): string =>
    judgeName(Buffer.from(name), 0, Buffer.byteLength(name), 1024);
  assert.equal(verdict(`${'n'.repeat(251)}.b`), 'plain');
  assert.equal(verdict(`${'n'.repeat(252)}.b`), 'node too long');
  assert.equal(verdict(`a.${'n'.repeat(252)}`), 'node too long');
  assert.equal(verdict(`a;t=${'n'.repeat(400)}`), 'tagged');
  assert.equal(verdict('n'.repeat(2000)), 'too long');
});
