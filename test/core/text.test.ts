// Small parts of core that turn text into meaning: addresses, nearest names, safe regular expressions, log lines.
import assert from 'node:assert/strict';
import test from 'node:test';
import { OperatingError } from '../../bundle/core/errors.ts';
import { parseListenAddress } from '../../bundle/core/listen-address.ts';
import { createLogger } from '../../bundle/core/log.ts';
import { nearestName } from '../../bundle/core/nearest-name.ts';
import { compileRegex } from '../../bundle/core/safe-regex.ts';

test('listen addresses', () => {
  const f = (text: string, host: string, port: number) =>
    assert.deepEqual(parseListenAddress(text), { host, port });
  f('127.0.0.1:2003', '127.0.0.1', 2003);
  f('[::1]:2003', '::1', 2003);
  f(':2003', '', 2003);
  f('2003', '', 2003);
  f('*:0', '', 0);
  for (const text of ['', 'a', 'a:b', '1.2.3.4:70000', '::1:2003']) {
    assert.throws(() => parseListenAddress(text), OperatingError, text);
  }
});

test('nearest names', () => {
  assert.equal(nearestName('--prot', ['--port', '--type']), '--port');
  assert.equal(nearestName('zzzzzz', ['port', 'type']), undefined);
});

test('regular expressions follow Python where RE2 can', () => {
  assert.equal(compileRegex('^.*(web)(\\d+)').replaceAll('a.web01.x', '\\1-\\g<2>'), 'web-01.x');
  assert.equal(compileRegex('(^.*$)').replaceAll('a b "c" é', '\\1 A'), 'a b "c" é A');
  assert.equal(compileRegex('(?P<n>\\d+)').replaceAll('a12', '<\\g<n>>'), 'a<12>');
  assert.equal(compileRegex('(?i)ABC').test('xabcx'), true);
  assert.equal(compileRegex('b').testAtStart('ab'), false);
  assert.deepEqual(compileRegex('(?P<user>\\w+)@').execNamed('bob@x'), { user: 'bob' });
  assert.throws(() => compileRegex('(a)(?=b)'), /cannot use the regular expression/);
  assert.throws(() => compileRegex('a').replaceAll('a', '\\3'), /group 3/);
});

test('a regular expression that would explode elsewhere ends at once', () => {
  assert.equal(compileRegex('^(a+)+$').test(`${'a'.repeat(50_000)}b`), false);
});

test('log lines cannot be forged by what they quote', () => {
  const lines: string[] = [];
  const log = createLogger('info', (line) => lines.push(line));
  log.debug('unseen');
  log.warn('bad line\nfake', { text: 'a\n2020 error forged="1"', n: 3, none: undefined });
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /^\S+ warn bad line fake text="a\\n2020 error forged=\\"1\\"" n=3\n$/,
  );
});

test('a replacement makes no text without end', () => {
  const long = 'x'.repeat(1000);
  const refused = (text: string, replacement: string): void => {
    assert.throws(() => compileRegex('.').replaceAll(text, replacement), { code: 'bad-regex' });
  };
  refused(long, long);
  refused(long, '\\0'.repeat(20_000));
  assert.equal(compileRegex('.').replaceAll(long, 'ab').length, 2000);
  assert.equal(compileRegex('b').replaceAll('a'.repeat(100_000), 'c').length, 100_000);
});
