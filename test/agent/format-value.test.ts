import assert from 'node:assert/strict';
import test from 'node:test';
import { formatCounter, formatGauge, formatRate } from '../../bundle/agent/format-value.ts';

test('gauges are written as %.15g', () => {
  const f = (value: number, want: string): void => assert.equal(formatGauge(value), want);
  f(0, '0');
  f(42, '42');
  f(-7, '-7');
  f(0.5, '0.5');
  f(99.5, '99.5');
  f(31.2397785186768, '31.2397785186768');
  f(100 / 3, '33.3333333333333');
  f(0.1 + 0.2, '0.3');
  f(24424087552, '24424087552');
  f(999999999999999, '999999999999999');
  f(1e15, '1e+15');
  f(1548001496965971, '1.54800149696597e+15');
  f(1.5e300, '1.5e+300');
  f(0.0001, '0.0001');
  f(0.00001, '1e-05');
  f(0.0000123456, '1.23456e-05');
  f(Number.NaN, 'nan');
  f(Number.POSITIVE_INFINITY, 'inf');
});

test('rates are written as %f', () => {
  const f = (value: number, want: string): void => assert.equal(formatRate(value), want);
  f(0, '0.000000');
  f(1 / 3, '0.333333');
  f(1234567.8912345, '1234567.891235');
  f(1e22, '10000000000000000000000.000000');
});

test('raw counters are written as integers', () => {
  assert.equal(formatCounter(12), '12');
  assert.equal(formatCounter(2 ** 60), '1152921504606846976');
  assert.equal(formatCounter(18446744073709551615n), '18446744073709551615');
});
