// Configuration errors name file, line, key and the nearest known key.
import assert from 'node:assert/strict';
import test from 'node:test';
import { addressText, parseConfig, printDefaultConfig, z } from '../../bundle/core/config.ts';
import { OperatingError } from '../../bundle/core/errors.ts';

const schema = z.strictObject({
  listen: addressText().default('127.0.0.1:2003').describe('Where to listen.'),
  cache: z
    .strictObject({
      maxBytes: z.number().int().positive().default(1000).describe('Bytes of memory.'),
    })
    .prefault({}),
});

function refused(text: string): string {
  try {
    parseConfig(schema, text, 'conf/x.yml');
  } catch (error) {
    assert.ok(error instanceof OperatingError);
    assert.equal(error.exitCode, 78);
    return error.message;
  }
  return assert.fail('was accepted');
}

test('defaults fill what is absent', () => {
  assert.deepEqual(parseConfig(schema, '', 'x'), {
    listen: '127.0.0.1:2003',
    cache: { maxBytes: 1000 },
  });
});

test('an unknown key names line and nearest key', () => {
  assert.equal(
    refused('listen: :1\ncache:\n  maxByts: 5\n'),
    'conf/x.yml:3: unknown key "cache.maxByts" (did you mean "maxBytes"?)',
  );
});

test('a wrong value names line and key', () => {
  assert.match(
    refused('# note\ncache:\n  maxBytes: many\n'),
    /^conf\/x\.yml:3: "cache\.maxBytes": /,
  );
  assert.match(
    refused('listen: here\n'),
    /^conf\/x\.yml:1: "listen": cannot read "here" as an address/,
  );
});

test('broken YAML names the line', () => {
  assert.match(refused('listen: "x\n'), /^conf\/x\.yml:\d+: /);
});

test('the printed default configuration reads back and carries the comments', () => {
  const text = printDefaultConfig(schema);
  assert.match(text, /# Where to listen\.\nlisten: 127\.0\.0\.1:2003/);
  assert.match(text, /# Bytes of memory\.\n {2}maxBytes: 1000/);
  assert.deepEqual(parseConfig(schema, text, 'x'), parseConfig(schema, '', 'x'));
});
