import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  interpolate,
  type Scope,
  variablesIn,
} from '../../../bundle/grafana/viewer/model/interpolate.ts';
import { resolveTargets } from '../../../bundle/grafana/viewer/model/targets.ts';

const scope: Scope = new Map([
  ['host', { value: ['a.b', 'c'] }],
  ['one', { value: 'x.y', text: 'X and Y' }],
  ['host2', { value: 'second' }],
  ['none', { value: [] }],
  ['quoted', { value: `it's "so"` }],
]);

test('variables in text', () => {
  const f = (text: string, want: string): void => assert.equal(interpolate(text, scope), want);
  f('collectd.$one.cpu', 'collectd.x.y.cpu');
  f('$one', 'x.y');
  f('${one}s and [[one]]s', 'x.ys and x.ys');
  f('$host2.$host', 'second.{a.b,c}');
  f('a.$host.b', 'a.{a.b,c}.b');
  f('${host:csv} ${host:pipe} ${host:regex} ${host:raw}', 'a.b,c a.b|c (a\\.b|c) a.b,c');
  f('${one:regex} ${one:glob} ${one:text}', 'x\\.y x.y X and Y');
  f('${host:json} ${one:json} ${host:singlequote}', `["a.b","c"] "x.y" 'a.b','c'`);
  f('${host:queryparam} ${host:distributed}', 'var-host=a.b&var-host=c a.b,host=c');
  f('${quoted:sqlstring} ${quoted:doublequote}', `'it''s "so"' "it's \\"so\\""`);
  f('[[host:pipe]] ${host:percentencode}', 'a.b|c %7Ba.b%2Cc%7D');
  f('$none|', '|');
  f('${one:nosuchformat}', 'x.y');
});

test('what is no known variable stays', () => {
  const f = (text: string): void => assert.equal(interpolate(text, scope), text);
  f('$unknown ${unknown:csv} [[unknown]]');
  f('alias(a, "cost $ 5")');
  f('{a,b}[0-9]$');
});

test('names of variables', () => {
  assert.deepEqual(variablesIn('$a.${b:csv}.[[c]].$d_1'), ['a', 'b', 'c', 'd_1']);
});

describe('targets', () => {
  const target = (refId: string, text: string, hide = false) => ({ refId, target: text, hide });
  const resolve = (...all: ReturnType<typeof target>[]): string[] =>
    resolveTargets(all, scope).map((one) => one.target);

  test('hidden ones are not sent, but can be referred to', () => {
    assert.deepEqual(resolve(target('A', 'a.$one', true), target('B', 'sum(#A)')), ['sum(a.x.y)']);
  });
  test('references are followed through references', () => {
    const all = [target('A', 'a'), target('B', 'f(#A)'), target('C', 'g(#B, #A)')];
    assert.deepEqual(resolve(...all), ['a', 'f(a)', 'g(f(a), a)']);
  });
  test('a reference to itself ends, one to nothing stays', () => {
    assert.match(resolve(target('A', 'f(#A)'))[0] ?? '', /^f\(f\(/);
    assert.deepEqual(resolve(target('A', 'f(#Z) #AB')), ['f(#Z) #AB']);
  });
  test('intervals are written as Graphite reads them', () => {
    const all = [target('A', `f(a, '5m', "1M", '10s', "a5m", "5min")`)];
    assert.deepEqual(resolve(...all), [`f(a, '5min', "1mon", '10s', "a5m", "5min")`]);
  });
  test('empty targets are left out', () => {
    assert.deepEqual(resolve(target('A', '  '), target('B', 'b')), ['b']);
  });
});
