import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatTicks,
  formatValue,
  unitChoices,
} from '../../../bundle/grafana/viewer/model/units.ts';

test('values with their unit', () => {
  const f = (value: number | null, unit: string, want: string, decimals?: number): void =>
    assert.equal(formatValue(value, unit, decimals), want, `${value} ${unit}`);
  f(null, 'bytes', '–');
  f(0, 'bytes', '0 B');
  f(-0, 'percent', '0%', 0);
  f(-0.001, 'percent', '0.0%', 1);
  f(1024, 'bytes', '1 KiB');
  f(1536 * 1024 ** 2, 'bytes', '1.5 GiB');
  f(-2048, 'bytes', '-2 KiB');
  f(1500, 'Bps', '1.5 kB/s');
  f(1_234_567, 'bps', '1.23 Mb/s');
  f(999, 'short', '999');
  f(12_345, 'short', '12.35 K');
  f(3_400_000, 'short', '3.4 Mil');
  f(99.95, 'percent', '99.95%');
  f(12.3456, 'percent', '12.3%', 1);
  f(0.256, 'percentunit', '25.6%');
  f(0.5, 'ms', '500 µs');
  f(1500, 'ms', '1.5 s');
  f(90, 's', '1.5 min');
  f(86_400, 's', '1 day');
  f(3 * 86_400, 's', '3 days');
  f(0.000_25, 's', '250 µs');
  f(0, 'ms', '0 ms');
  f(93_784, 'dtdurations', '1 day, 2 hours');
  f(1, 'bool_yes_no', 'Yes');
  f(42, 'none', '42');
  f(1234.5, 'none', '1235');
  f(0.001_234, 'none', '0.00123');
  f(25, 'celsius', '25 °C');
  f(7, 'suffix:req', '7 req');
  f(5, 'currencyEUR', '€5');
  f(3, 'widgets', '3 widgets');
  f(1500, 'ops', '1.5 K ops/s');
  f(12, 'reqps', '12 req/s');
  f(Number.POSITIVE_INFINITY, 'none', '∞');
});

test('every unit the editor offers has a format of its own', () => {
  for (const { id } of unitChoices)
    assert.notEqual(formatValue(123_456_789, id), `123456789 ${id}`);
});

test('labels of an axis differ from each other and agree with their place', () => {
  const f = (values: number[], unit: string, want: string[]): void =>
    assert.deepEqual(formatTicks(values, unit), want);
  f([0, 20, 40], 'percent', ['0%', '20%', '40%']);
  f([0, 0.5, 1], 'none', ['0.0', '0.5', '1.0']);
  f([0, 2 ** 29, 2 ** 30, 1.25 * 2 ** 30], 'bytes', ['0 B', '512 MiB', '1 GiB', '1.25 GiB']);
  f([0, 500, 1000], 'short', ['0', '500', '1 K']);
  f([0.001, 0.0015], 's', ['1.0 ms', '1.5 ms']);
});
