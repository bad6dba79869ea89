import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeName, normaliseTaggedName } from '../../../bundle/carbon/cache/metric-name.ts';
import { SeriesTable } from '../../../bundle/carbon/cache/series-table.ts';
import { createMetricIndex, runNow } from '../../../bundle/carbon/metric-index/index.ts';
import { PathTrie } from '../../../bundle/carbon/metric-index/path-trie.ts';

const names = [
  'servers.web01.load.shortterm',
  'servers.web01.cpu-0.cpu-idle',
  'servers.web01.cpu-1.cpu-user',
  'servers.web02.load.shortterm',
  'servers.db01.load.shortterm',
  'dual.node',
  'dual.node.child',
  'cpu.0.idle',
  'cpu.1.idle',
  'cpu.2.idle',
  'cpu.8.idle',
  'cpu.12.idle',
  'odd.größe.x',
  'odd.a*b',
  'odd.[x',
  'odd.{y',
];

function indexOf(metrics: readonly string[]) {
  const index = createMetricIndex();
  for (const metric of metrics) index.add(metric);
  return index;
}

test('find', () => {
  const index = indexOf(names);
  const f = (query: string, want: string[]): void =>
    assert.deepEqual(
      index
        .find(query)
        .map(({ path, isLeaf }) => (isLeaf ? path : `${path}.`))
        .sort(),
      want.sort(),
      query,
    );
  f('*', ['servers.', 'dual.', 'cpu.', 'odd.']);
  f('servers.web01', ['servers.web01.']);
  f('servers.*.load.shortterm', [
    'servers.web01.load.shortterm',
    'servers.web02.load.shortterm',
    'servers.db01.load.shortterm',
  ]);
  f('dual.node', ['dual.node', 'dual.node.']);
  f('dual.*', ['dual.node', 'dual.node.']);
  f('cpu.[0-12].idle', ['cpu.0.idle', 'cpu.1.idle', 'cpu.2.idle']);
  f('cpu.[0-128].idle', ['cpu.0.idle', 'cpu.1.idle', 'cpu.2.idle', 'cpu.8.idle']);
  f('cpu.[!0-2].idle', ['cpu.8.idle']);
  f('cpu.[^0-2].idle', ['cpu.8.idle']);
  f('cpu.??.idle', ['cpu.12.idle']);
  f('servers.{web,db}0[1-9].l*', [
    'servers.web01.load.',
    'servers.web02.load.',
    'servers.db01.load.',
  ]);
  f('servers.web{01,02}', ['servers.web01.', 'servers.web02.']);
  f('servers.{web{01,02},db*}.load', [
    'servers.web01.load.',
    'servers.web02.load.',
    'servers.db01.load.',
  ]);
  f('servers.web01.{load.shortterm,cpu-0.*}', [
    'servers.web01.load.shortterm',
    'servers.web01.cpu-0.cpu-idle',
  ]);
  f('{dual.node,cpu.{0,1}.idle}', ['dual.node', 'dual.node.', 'cpu.0.idle', 'cpu.1.idle']);
  f('servers.**.cpu-idle', ['servers.web01.cpu-0.cpu-idle']);
  f('dual.**.node', ['dual.node', 'dual.node.']);
  f('dual.**', ['dual.node', 'dual.node.', 'dual.node.child']);
  f('**.shortterm', [
    'servers.web01.load.shortterm',
    'servers.web02.load.shortterm',
    'servers.db01.load.shortterm',
  ]);
  f('**.**.child', ['dual.node.child']);
  f('odd.gr??e.x', ['odd.größe.x']);
  f('odd.gr[a-ö]ße.x', ['odd.größe.x']);
  f('odd.a\\*b', ['odd.a*b']);
  f('odd.a*b', ['odd.a*b']);
  f('odd.[x', ['odd.[x']);
  f('odd.{y', ['odd.{y']);
  f('cpu.{0,0}.idle', ['cpu.0.idle']);
  f('cpu.{}.idle', []);
  f('no.such', []);
  f('servers..web01', []);
  f('', []);
  f('.', []);
  f('servers.web01.', []);
});

test('find refuses more matches than the limit', () => {
  const index = indexOf(names);
  assert.equal(index.find('cpu.*', 5).length, 5);
  assert.throws(() => index.find('cpu.*', 4), {
    code: 'too-many-matches',
    message: /matched more than 4, narrow the query "cpu\.\*"/,
  });
});

test('find bounds hostile queries', () => {
  const index = createMetricIndex();
  index.add('a'.repeat(200));
  let deep = 'd';
  for (let i = 0; i < 60; i++) deep += '.d';
  index.add(deep);
  assert.throws(() => index.find('{a,b}'.repeat(30)), { code: 'bad-query' });
  assert.throws(() => index.find(`${'x'.repeat(300_000)}*`), { code: 'bad-query' });
  assert.deepEqual(index.find(`${'*a'.repeat(50)}b`), []);
  assert.deepEqual(index.find(`${'**.d.'.repeat(20)}x`), []);
  assert.deepEqual(index.find('{'.repeat(5000)), []);
});

test('remove takes empty branches along', () => {
  const index = indexOf(['a.b.c', 'a.b', 'a.x']);
  assert.equal(index.remove('a.b.c'), true);
  assert.equal(index.remove('a.b.c'), false);
  assert.deepEqual(index.find('a.b'), [{ path: 'a.b', isLeaf: true }]);
  assert.equal(index.remove('a.b'), true);
  assert.deepEqual(index.find('a.*'), [{ path: 'a.x', isLeaf: true }]);
  assert.equal(index.remove('a.x'), true);
  assert.deepEqual(index.find('*'), []);
  assert.equal(index.size, 0);
});

test('add, remove and has agree with a set', () => {
  const part = fc.constantFrom('a', 'b', 'cc', 'ü', 'dd-1');
  const plain = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  const tagged = fc
    .tuple(plain, part, part)
    .map(([name, first, second]) => `${name};k=${first};l=${second}`);
  const step = fc.tuple(fc.boolean(), fc.oneof(plain, tagged));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const index = createMetricIndex();
      const model = new Set<string>();
      for (const [add, name] of steps) {
        if (add) {
          index.add(name);
          model.add(name);
        } else assert.equal(index.remove(name), model.delete(name));
        assert.equal(index.size, model.size);
      }
      for (const [, name] of steps) assert.equal(index.has(name), model.has(name));
      assert.deepEqual([...index.names()].sort(), [...model].sort());
      assert.deepEqual(
        index
          .find('**')
          .filter(({ isLeaf }) => isLeaf)
          .map(({ path }) => path)
          .sort(),
        [...model].filter((name) => !name.includes(';')).sort(),
      );
    }),
    { numRuns: 200 },
  );
});

test('many series come and go without growth', () => {
  const index = createMetricIndex();
  const fill = (round: number): void => {
    for (let i = 0; i < 5000; i++) {
      index.add(`hosts.h${i}-${round}.cpu.${i % 7}`);
      index.add(`requests;host=h${i}-${round};code=${i % 5}`);
    }
  };
  const empty = (round: number): void => {
    for (let i = 0; i < 5000; i++) {
      assert.ok(index.remove(`hosts.h${i}-${round}.cpu.${i % 7}`));
      assert.ok(index.remove(`requests;host=h${i}-${round};code=${i % 5}`));
    }
  };
  fill(0);
  empty(0);
  fill(1);
  const bytes = index.memoryBytes;
  for (let round = 1; round < 8; round++) {
    empty(round);
    fill(round + 1);
  }
  assert.equal(index.size, 10_000);
  assert.ok(index.memoryBytes < bytes * 2.5, `${bytes} grew to ${index.memoryBytes}`);
  assert.equal(index.find('hosts.*.cpu.*').length, 5000);
  assert.equal(runNow(index.tags.findSeries(['code=3'])).length, 1000);
});

test('a tagged series is found by its whole name', () => {
  const index = indexOf(['disk.used;dc=a;host=b']);
  assert.deepEqual(index.find('disk.used;host=b;dc=a'), [
    { path: 'disk.used;dc=a;host=b', isLeaf: true },
  ]);
  assert.deepEqual(index.find('disk.used'), []);
  assert.deepEqual(index.find('disk.used;dc=*'), []);
  assert.throws(() => index.add('disk.used;nonsense'), { code: 'bad-metric-name' });
});

test('names come sorted below any prefix', () => {
  const part = fc.constantFrom('a', 'a-', 'b', 'a0', 'ü', '');
  const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(fc.array(name), name, (list, prefix) => {
      const trie = new PathTrie();
      const kept = list.filter((one) => !/^\.|\.\.|\.$|^$/.test(one));
      for (const one of kept) trie.add(one);
      assert.deepEqual(
        [...trie.sortedNames(prefix)],
        [...new Set(kept)].filter((one) => one.startsWith(prefix)).sort(),
      );
    }),
  );
});

test('tags in any order are one series', () => {
  const index = indexOf(['n;b=2;a=1']);
  assert.deepEqual([...index.names()], ['n;a=1;b=2']);
  assert.equal(index.has('n;a=1;b=2'), true);
  index.add('n;a=1;b=2');
  assert.equal(index.size, 1);
  index.add('n;a=x=y;b=2');
  assert.equal(index.has('n;b=2;a=x=y'), true);
  for (const bad of [';a=1', 'n;', 'n;a', 'n;a=', 'n;=1', 'n;a=1;', 'n;a=1;;b=2'])
    assert.throws(() => index.add(bad), { code: 'bad-metric-name' }, bad);
});

test('a search in slices survives additions and removals meanwhile', () => {
  const index = createMetricIndex();
  for (let i = 0; i < 20_000; i++) index.add(`a.n${i}.x`);
  const work = index.findWork('a.*.x');
  let pauses = 0;
  let step = work.next();
  while (step.done !== true) {
    index.add(`b.n${pauses}`);
    index.remove(`a.n${pauses * 3}.x`);
    pauses++;
    step = work.next();
  }
  const found = new Set(step.value.map(({ path }) => path));
  assert.ok(pauses >= 2);
  for (let i = 0; i < 20_000; i++) {
    const name = `a.n${i}.x`;
    if (index.has(name)) assert.ok(found.has(name), name);
  }
});

test('names of a source are there for whoever asks, once', () => {
  const table = new SeriesTable();
  const add = (name: string): number => table.add(Buffer.from(name), 0, Buffer.byteLength(name));
  const index = createMetricIndex(table);
  const told: string[] = [];
  index.onChange = (bytes, start, end, removed) =>
    told.push(`${removed ? '-' : '+'}${Buffer.from(bytes.subarray(start, end))}`);
  add('a.b.c');
  assert.deepEqual(index.find('a.*.c'), [{ path: 'a.b.c', isLeaf: true }]);
  add('größe.x');
  add('n;k=v');
  assert.equal(index.waiting, 2);
  assert.equal(index.has('größe.x'), true);
  assert.equal(index.waiting, 0);
  add('a.b.d');
  assert.deepEqual(runNow(index.tags.findSeries(['k=v'])), ['n;k=v']);
  assert.equal(index.size, 4);
  assert.equal(index.remove('a.b.d'), true);
  add('a.b.e');
  assert.deepEqual([...index.names()].sort(), ['a.b.c', 'a.b.e', 'größe.x', 'n;k=v'].sort());
  assert.deepEqual(told, ['+a.b.c', '+größe.x', '+n;k=v', '+a.b.d', '-a.b.d', '+a.b.e']);
});

test('every name that the cache accepts can be indexed', () => {
  const character = fc.constantFrom(
    'a',
    'b',
    '.',
    ';',
    '=',
    '~',
    '^',
    '!',
    'ü',
    '\u{1f600}',
    '-',
    '/',
  );
  fc.assert(
    fc.property(fc.array(character, { maxLength: 30 }), (characters) => {
      const bytes = Buffer.from(characters.join(''));
      const verdict = judgeName(bytes, 0, bytes.length, 4096);
      if (verdict !== 'plain' && verdict !== 'tagged') return;
      const text = bytes.toString();
      const name = verdict === 'plain' ? text : normaliseTaggedName(text);
      if (name === undefined) return;
      const index = createMetricIndex();
      index.add(name);
      assert.deepEqual([...index.names()], [name]);
      assert.equal(index.has(name), true);
    }),
    { numRuns: 3000 },
  );
  const many = Array.from({ length: 900 }, (_, i) => `;${String(i).padStart(4, '0')}=${i}`).join(
    '',
  );
  const index = indexOf([`n${many}`]);
  assert.deepEqual([...index.names()], [`n${many}`]);
});

test('a hostile query is refused, or answered soon', () => {
  const index = indexOf(names);
  const refused = (query: string): void => {
    assert.throws(() => index.find(query), { code: 'bad-query' }, query.slice(0, 50));
  };
  const begun = performance.now();
  refused(`a.${'{'.repeat(50_000)}x${'}'.repeat(50_000)}`);
  refused(`${'{a,b}'.repeat(13)}${'{x}'.repeat(60_000)}`);
  refused('**.'.repeat(80_000));
  refused(`${'**.a.'.repeat(60)}b`);
  for (const character of ['[', '{', ']', '}', '{}', '[]', '*[', '\\{'])
    assert.deepEqual(index.find(character.repeat(50_000)), [], character);
  assert.ok(performance.now() - begun < 5000);
  assert.equal(index.find('odd.{[x,{y,{{größe}}.x}').length, 0);
  assert.equal(index.find('{cpu.{1,{2,8}},dual}.{idle,node}').length, 5);
});
