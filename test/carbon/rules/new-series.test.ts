// The rules for new series: which names a pattern means, the order, bad lines, edits that keep the
// rest of the file; and the buckets of the budget.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreationBudget, topPrefix } from '../../../bundle/carbon/persister/creation-budget.ts';
import { parseNewSeriesRules, withRule } from '../../../bundle/carbon/rules/index.ts';

const verdicts = (text: string, ...names: string[]) =>
  names.map((name) => parseNewSeriesRules(text, 'file').verdictOn(name));

test('a pattern means a name and all that begins with it, up to a dot or tag', () => {
  assert.deepEqual(
    verdicts('# why\n\n  deny app.*.req?\naccept app\n', 'app.x.req1', 'app.x.req1.a', 'app;a=b'),
    ['deny', 'deny', 'accept'],
  );
  assert.deepEqual(verdicts('deny app.*.req?\n', 'app.x.y.req1', 'app.x.req12', 'xapp.x.req1'), [
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(verdicts('deny a+b.(c)\n', 'a+b.(c)', 'aab.c'), ['deny', undefined]);
  assert.deepEqual(verdicts('deny disk;host=*\n', 'disk;host=a;os=b', 'disk;rack=a'), [
    'deny',
    undefined,
  ]);
});

test('the first rule that matches decides; a line that is none is named', () => {
  assert.deepEqual(verdicts('accept a.b\ndeny a\n', 'a.b.c', 'a.c'), ['accept', 'deny']);
  assert.throws(() => parseNewSeriesRules('accept a\nallow b\n', 'f.conf'), {
    code: 'bad-new-series-rules',
    message: /f\.conf, line 2: "allow b"/,
  });
});

test('an edit puts its rule first and leaves the rest alone', () => {
  const first = withRule('', 'app', 'accept');
  assert.match(first, /^# .*\naccept app\n$/s);
  assert.equal(withRule('# mine\ndeny x\n', 'app', 'accept'), '# mine\naccept app\ndeny x\n');
  assert.equal(
    withRule('# mine\ndeny app\ndeny x\n', 'app', 'accept'),
    '# mine\naccept app\ndeny x\n',
  );
  assert.equal(withRule('# mine\ndeny app\n', 'app', undefined), '# mine\n');
  assert.throws(() => withRule('', 'two words', 'deny'), { code: 'usage' });
});

test('a bucket starts full, empties, and fills over a day', () => {
  const budget = new CreationBudget(24, 0);
  const begin = (prefix: string, now: number): boolean => {
    if (!budget.allows(prefix, now)) return false;
    budget.spend(prefix, now);
    return true;
  };
  const hour = 3_600_000;
  for (let k = 0; k < 24; k++) assert.ok(begin('a', 0));
  assert.equal(begin('a', 0), false);
  assert.ok(begin('b', 0));
  assert.ok(begin('a', hour + 1));
  assert.equal(begin('a', hour + 2), false);
  const later = [...Array(30)].filter(() => begin('a', 100 * hour)).length;
  assert.equal(later, 24);
  assert.equal(new CreationBudget(0, 0).allows('a', 0), true);
});

test('prefixes beyond counting share one bucket, until others are full again', () => {
  const budget = new CreationBudget(2, 0);
  for (let k = 0; k < 10_000; k++) budget.spend(`p${k}`, 0);
  budget.spend('q1', 0);
  budget.spend('q2', 0);
  assert.equal(budget.allows('q3', 0), false);
  assert.equal(budget.allows('p5', 0), true);
  assert.equal(budget.allows('q3', 86_400_000), true);
});

test('the top prefix is the first node, of a tagged name too', () => {
  assert.deepEqual(['a.b.c', 'a', 'a;x=1.2', 'a.b;x=1'].map(topPrefix), ['a', 'a', 'a', 'a']);
});
