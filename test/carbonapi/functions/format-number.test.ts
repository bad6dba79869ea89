// Numbers in series names, as Python writes them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatFixed,
  formatFloat,
  formatG,
  formatShortest,
  scaleToUnit,
} from '../../../bundle/carbonapi/functions/format-number.ts';
import { formatTemplate } from '../../../bundle/carbonapi/functions/format-template.ts';

test('%g', () => {
  const f = (value: number, want: string): void => assert.equal(formatG(value), want);
  f(0, '0');
  f(-0, '-0');
  f(5, '5');
  f(0.1, '0.1');
  f(123456, '123456');
  f(1234567, '1.23457e+06');
  f(999999.5, '1e+06');
  f(0.0001, '0.0001');
  f(0.00001, '1e-05');
  f(1e100, '1e+100');
  f(-2.50001, '-2.50001');
  f(89769.25, '89769.2'); // a tie
  f(89769.75, '89769.8');
  f(1234565, '1.23456e+06');
  f(0.99999949999, '0.999999');
  f(9999995, '1e+07');
  f(Number.POSITIVE_INFINITY, 'inf');
  f(Number.NaN, 'nan');
});

test('floats that read back', () => {
  const f = (value: number, want: string): void => assert.equal(formatFloat(value), want);
  f(5, '5.0');
  f(0, '0.0');
  f(1.6e10, '16000000000.0');
  f(1e15, '1000000000000000.0');
  f(1e16, '1e+16');
  f(1.5e-5, '1.5e-05');
  f(0.0001, '0.0001');
  f(Math.PI, '3.141592653589793');
  f(-1e22, '-1e+22');
});

test('shortest, with an exponent from a million on', () => {
  const f = (value: number, want: string): void => assert.equal(formatShortest(value), want);
  f(0.5, '0.5');
  f(123456.75, '123456.75');
  f(1000000, '1e+06');
  f(0.00002, '2e-05');
});

test('fixed decimals', () => {
  assert.equal(formatFixed(1.005, 2), '1.00');
  assert.equal(formatFixed(0.125, 2), '0.12');
  assert.equal(formatFixed(2.5, 0), '2');
  assert.equal(formatFixed(1e21, 2), '1000000000000000000000.00');
  assert.equal(formatFixed(Number.NEGATIVE_INFINITY, 2), '-inf');
});

test('unit prefixes', () => {
  assert.deepEqual(scaleToUnit(1500, 'si'), { value: 1.5, prefix: 'k' });
  assert.deepEqual(scaleToUnit(2 ** 31, 'binary'), { value: 2, prefix: 'Gi' });
  assert.deepEqual(scaleToUnit(-2e6, 'si'), { value: -2, prefix: 'M' });
  assert.deepEqual(scaleToUnit(999, 'si'), { value: 999, prefix: '' });
});

test('formats of aliasQuery', () => {
  const f = (template: string, value: number, want: string): void =>
    assert.equal(formatTemplate(template, value), want);
  f('%d', 12.9, '12');
  f('%+5d|', 12, '  +12|');
  f('%06.1f', -2.5, '-002.5');
  f('%-6s|', 3, '3.0   |');
  f('%e', 12345, '1.234500e+04');
  f('100%%', 1, '100%');
  assert.throws(() => formatTemplate('%q', 1), { code: 'bad-argument' });
});
