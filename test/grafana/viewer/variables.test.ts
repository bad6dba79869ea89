import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bind,
  chooseValues,
  inOrder,
  parseCustom,
  parseVariableQuery,
  readVariables,
  toOptions,
  type Variable,
} from '../../../bundle/grafana/viewer/model/variables.ts';

const variable = (json: Record<string, unknown>): Variable =>
  readVariables({ templating: { list: [{ name: 'v', type: 'query', ...json }] } })[0] as Variable;

const options = ['a', 'b', 'c'].map((value) => ({ text: value, value }));

test('definitions of old and new Grafana', () => {
  assert.equal(variable({ query: 'a.*' }).query, 'a.*');
  assert.equal(variable({ query: { query: 'b.*', target: 'b.*' } }).query, 'b.*');
  assert.deepEqual(variable({ current: { value: 'x' } }).current, ['x']);
  assert.deepEqual(variable({ current: { value: ['$__all'] } }).current, ['$__all']);
  assert.deepEqual(variable({ current: {} }).current, []);
  assert.equal(
    readVariables({ templating: { list: [{ name: 'x', type: 'adhoc' }, { name: 'a b' }] } }).length,
    0,
  );
  assert.deepEqual(readVariables({}), []);
});

test('variables come after those they depend on', () => {
  const list = [
    { name: 'disk', type: 'query', query: 'x.$host.*' },
    { name: 'host', type: 'query', query: '$prefix.*' },
    { name: 'prefix', type: 'constant', query: 'p' },
  ];
  const names = inOrder(readVariables({ templating: { list } })).map(({ name }) => name);
  assert.deepEqual(names, ['prefix', 'host', 'disk']);
});

test('two that depend on each other do not hang', () => {
  const list = [
    { name: 'a', query: '$b' },
    { name: 'b', query: '$a' },
  ];
  assert.equal(inOrder(readVariables({ templating: { list } })).length, 2);
});

test('lists of values', () => {
  assert.deepEqual(parseCustom('a, b : x.y ,c\\,d,'), [
    { text: 'a', value: 'a' },
    { text: 'b', value: 'x.y' },
    { text: 'c,d', value: 'c,d' },
  ]);
});

test('hosts at any depth from the paths they report', () => {
  const names = [
    'collectd.com.example.lab.db1.memory.memory.free',
    'collectd.org.acme.web1.memory.memory.free',
    'collectd.localhost.memory.memory.free',
    'collectd.odd',
  ];
  const found = toOptions(names, '/^collectd\\.(.+)\\.memory\\.memory\\.free$/', 1);
  assert.deepEqual(
    found.map(({ value }) => value),
    ['com.example.lab.db1', 'localhost', 'org.acme.web1'],
  );
});

test('what a regular expression makes of names', () => {
  const f = (regex: string, sort: number, want: string[]): void =>
    assert.deepEqual(
      toOptions(['cpu10', 'cpu9', 'mem', 'cpu9'], regex, sort).map(({ text }) => text),
      want,
    );
  f('', 0, ['cpu10', 'cpu9', 'mem']);
  f('', 1, ['cpu10', 'cpu9', 'mem']);
  f('', 2, ['mem', 'cpu9', 'cpu10']);
  f('/cpu\\d+/', 3, ['cpu9', 'cpu10']);
  f('/^cpu(\\d+)$/', 4, ['10', '9']);
  f('cpu(.)', 1, ['1', '9']);
  f('/(/', 0, ['cpu10', 'cpu9', 'mem']);
  const [named] = toOptions(['7:web'], '/(?<value>\\d+):(?<text>\\w+)/', 0);
  assert.deepEqual(named, { text: 'web', value: '7' });
});

test('the choice follows what is offered', () => {
  const f = (json: Record<string, unknown>, wanted: string[], want: string[]): void =>
    assert.deepEqual(chooseValues(variable(json), options, wanted), want);
  f({}, ['b'], ['b']);
  f({}, ['gone'], ['a']);
  f({}, ['b', 'c'], ['b']);
  f({ multi: true }, ['c', 'gone', 'a'], ['c', 'a']);
  f({ multi: true, includeAll: true }, ['gone'], ['$__all']);
  f({ includeAll: true }, ['$__all'], ['$__all']);
  f({ includeAll: true }, ['All'], ['$__all']);
  f({}, ['$__all'], ['a']);
  f({ type: 'textbox' }, ['anything'], ['anything']);
});

test('what All stands for', () => {
  assert.deepEqual(bind(variable({ includeAll: true }), options, ['$__all']).value, [
    'a',
    'b',
    'c',
  ]);
  assert.equal(
    bind(variable({ includeAll: true, allValue: '**' }), options, ['$__all']).value,
    '**',
  );
});

test('the query language of variables', () => {
  const scope = new Map([['p', { value: 'collectd' }]]);
  const f = (text: string, want: unknown): void =>
    assert.deepEqual(parseVariableQuery(text, scope), want);
  f('$p.*', { kind: 'find', query: 'collectd.*' });
  f('expand($p.**.cpu)', { kind: 'expand', query: 'collectd.**.cpu' });
  f('tags()', { kind: 'tags', expressions: [], prefix: '' });
  f('tags(dc=eu, na)', { kind: 'tags', expressions: ['dc=eu'], prefix: 'na' });
  f('tag_values(server, dc=eu, "app=~x,y")', {
    kind: 'tagValues',
    tag: 'server',
    expressions: ['dc=eu', 'app=~x,y'],
    prefix: '',
  });
});
