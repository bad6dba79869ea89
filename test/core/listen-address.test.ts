import assert from 'node:assert/strict';
import test from 'node:test';
import { isLoopback } from '../../bundle/core/listen-address.ts';

test('which clients are on this machine', () => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])
    assert.ok(isLoopback(address), address);
  for (const address of ['', '192.0.2.7', '12.7.0.1', '::ffff:192.0.2.7', '2001:db8::1', '::12'])
    assert.ok(!isLoopback(address), address);
});
