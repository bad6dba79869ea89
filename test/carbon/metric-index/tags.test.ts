import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createMetricIndex,
  runInSlices,
  runNow,
} from '../../../bundle/carbon/metric-index/index.ts';
import { sortWork } from '../../../bundle/carbon/metric-index/sort-work.ts';
import { parseTagExpression } from '../../../bundle/carbon/metric-index/tag-expression.ts';

const index = createMetricIndex();
for (const name of [
  'disk.used;datacenter=dc1;rack=a1;server=web01',
  'disk.used;datacenter=dc1;rack=b2;server=web02',
  'disk.used;datacenter=dc2;rack=a1;server=db01',
  'disk.free;datacenter=dc1;rack=a1;server=web01',
  'disk.free;datacenter=dc1;rack=b2;server=web02',
  'cpu.load;datacenter=dc1;os=linux;server=web01',
  'cpu.load;datacenter=dc2;server=db01',
  'http.requests;code=200;datacenter=dc1;method=GET',
  'http.requests;code=404;datacenter=dc1;method=GET',
  'http.requests;code=500;datacenter=dc2;method=POST',
  'plain.one',
  'plain.two',
])
  index.add(name);

test('findSeries', () => {
  const f = (expressions: string[], want: string[]): void =>
    assert.deepEqual(runNow(index.tags.findSeries(expressions)), want, expressions.join(' '));
  f(['name=disk.used', 'datacenter!=dc1'], ['disk.used;datacenter=dc2;rack=a1;server=db01']);
  f(
    ['name=~disk\\..*', 'server=web01'],
    [
      'disk.free;datacenter=dc1;rack=a1;server=web01',
      'disk.used;datacenter=dc1;rack=a1;server=web01',
    ],
  );
  f(
    ['name=http.requests', 'code!=~2..'],
    [
      'http.requests;code=404;datacenter=dc1;method=GET',
      'http.requests;code=500;datacenter=dc2;method=POST',
    ],
  );
  f(['name=cpu.load', 'os='], ['cpu.load;datacenter=dc2;server=db01']);
  f(['os!='], ['cpu.load;datacenter=dc1;os=linux;server=web01']);
  f(['name=nothing'], []);
  f(['name=disk.used', 'nosuch=x'], []);
  f(
    ['server=~^(web01|db01)$', 'name!=disk.free', 'rack=a1'],
    [
      'disk.used;datacenter=dc1;rack=a1;server=web01',
      'disk.used;datacenter=dc2;rack=a1;server=db01',
    ],
  );
  f(['server=~web01$', 'name=cpu.load'], ['cpu.load;datacenter=dc1;os=linux;server=web01']);
  f(
    ['code=~(4|5)'],
    [
      'http.requests;code=404;datacenter=dc1;method=GET',
      'http.requests;code=500;datacenter=dc2;method=POST',
    ],
  );
  f(['name=plain.one'], ['plain.one']);
  f(['name=~plain', 'server='], ['plain.one', 'plain.two']);
  f(['name=~.*two'], ['plain.two']);
  f(['name=plain.one', 'server=web01'], []);
});

test('tags stand in the order of `tag=`, however they come', () => {
  const own = createMetricIndex();
  for (const name of ['o;x=1;x-y=3;x2=2', 'o;x-y=3;x2=2;x=1', 'o;x2=2;x=1;x-y=3']) own.add(name);
  assert.deepEqual([...own.names()], ['o;x-y=3;x2=2;x=1']);
  assert.deepEqual(own.find('o;x=1;x2=2;x-y=3'), [{ path: 'o;x-y=3;x2=2;x=1', isLeaf: true }]);
});

test('bad expressions', () => {
  const f = (expressions: string[], code: string): void =>
    assert.throws(() => runNow(index.tags.findSeries(expressions)), { code });
  f([], 'bad-tag-expression');
  f(['name!=x'], 'bad-tag-expression');
  f(['name='], 'bad-tag-expression');
  f(['name=~.*'], 'bad-tag-expression');
  f(['garbage'], 'bad-tag-expression');
  f(['=x'], 'bad-tag-expression');
  f(['name=~(unclosed'], 'bad-regex');
  assert.throws(() => runNow(index.tags.findSeries(['server=~.+'], 2)), {
    code: 'too-many-matches',
  });
});

test('tag names and values', () => {
  const names = (query: object): string[] => runNow(index.tags.tagNames(query));
  const values = (query: { tag: string }): string[] | undefined =>
    runNow(index.tags.tagValues(query))?.map(({ value, count }) => `${value}:${count}`);
  assert.deepEqual(names({}), ['code', 'datacenter', 'method', 'name', 'os', 'rack', 'server']);
  assert.deepEqual(names({ prefix: 'd' }), ['datacenter']);
  assert.deepEqual(names({ regex: '(os|rack)' }), ['os', 'rack']);
  assert.deepEqual(names({ limit: 2 }), ['code', 'datacenter']);
  assert.deepEqual(names({ expressions: ['name=disk.used'] }), ['datacenter', 'rack', 'server']);
  assert.deepEqual(names({ expressions: ['server=~web.*'], prefix: '' }), [
    'datacenter',
    'name',
    'os',
    'rack',
  ]);
  assert.deepEqual(values({ tag: 'server' }), ['db01:2', 'web01:3', 'web02:2']);
  const query = { tag: 'server', expressions: ['name=disk.used', 'datacenter=dc1'] };
  assert.deepEqual(values(query), ['web01:1', 'web02:1']);
  assert.deepEqual(values({ ...query, prefix: 'web02' } as typeof query), ['web02:1']);
  assert.deepEqual(values({ tag: 'name' }), [
    'cpu.load:2',
    'disk.free:2',
    'disk.used:3',
    'http.requests:3',
    'plain.one:1',
    'plain.two:1',
  ]);
  assert.equal(values({ tag: 'nosuch' }), undefined);
  assert.deepEqual(values({ tag: 'server', regex: '^d' } as { tag: string }), ['db01:2']);
});

test('removed series are gone from every answer', async () => {
  const own = createMetricIndex();
  own.add('a;k=1');
  own.add('a;k=2;only=here');
  own.remove('a;k=2;only=here');
  assert.deepEqual(runNow(own.tags.findSeries(['name=a'])), ['a;k=1']);
  assert.deepEqual(runNow(own.tags.tagNames({})), ['k', 'name']);
  assert.deepEqual(await runInSlices(own.tags.tagValues({ tag: 'k' })), [{ value: '1', count: 1 }]);
  own.add('a;k=2;only=here');
  assert.equal(own.size, 2);
  assert.deepEqual(runNow(own.tags.findSeries(['only=here'])), ['a;k=2;only=here']);
});

test('the literal beginning of a regular expression never loses a match', () => {
  const texts = ['', 'a', 'ab', 'abc', 'ac', 'b', 'a.c', 'a-b', 'web01', 'web', 'web01x', 'x|y'];
  const sources = [
    'a',
    '^a',
    'ab*',
    'ab?c',
    'ab{0,1}',
    'ab+',
    'a|b',
    '^a|b$',
    '(a|b)$',
    'a\\.c',
    'a.c',
    'a-b',
    'web01$',
    '^(web01|a)$',
    'web01|a$',
    '[ab]',
    'a(b|c)',
    '\\w+',
    'ab{2}',
    'x\\|y',
    '(?i)A',
    'a$',
  ];
  for (const source of sources) {
    const expression = parseTagExpression(`t=~${source}`);
    for (const text of texts) {
      if (!expression.matches(text)) continue;
      assert.ok(text.startsWith(expression.prefix), `${source} ${text}`);
      if (expression.candidates)
        assert.ok(expression.candidates.includes(text), `${source} ${text}`);
    }
    for (const candidate of expression.candidates ?? []) assert.ok(expression.matches(candidate));
  }
});

test('many names are sorted in pieces, as if in one go', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 50 }),
      (some) => {
        const texts = Array.from(
          { length: 5000 },
          (_, i) => `${some[i % some.length] ?? ''}${i % 700}`,
        );
        assert.deepEqual(runNow(sortWork([...texts])), [...texts].sort());
      },
    ),
    { numRuns: 20 },
  );
  const work = sortWork(Array.from({ length: 10_000 }, (_, i) => String(-i)));
  assert.equal(work.next().done, false, 'others get a turn');
});
