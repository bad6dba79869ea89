import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numberText } from '../../../bundle/carbonapi/formats/json-number.ts';
import {
  numberBytesMax,
  TimeWriter,
  writeInteger,
  writeNumber,
} from '../../../bundle/carbonapi/formats/number-bytes.ts';

function written(value: number): string {
  const bytes = Buffer.alloc(numberBytesMax + 4, '#');
  const end = writeNumber(bytes, 2, value);
  assert.ok(end <= numberBytesMax + 2, `${value} takes ${end - 2} bytes`);
  return bytes.toString('latin1', 2, end);
}

function agrees(value: number): void {
  // JSON knows no negative zero, and nobody misses it.
  assert.equal(written(value), numberText(Object.is(value, -0) ? 0 : value), String(value));
}

test('bytes and text of a number agree', () => {
  for (const value of [
    0,
    -0,
    1,
    9,
    10,
    99,
    100,
    999,
    1000,
    9999,
    10_000,
    99_999,
    1e5,
    999_999,
    1e6,
    1e7,
    1e8,
    999_999_999,
    1e9,
    1e9 + 7,
    16_185_167_380,
    1e15 - 1,
    1e15,
    2 ** 53,
    1e21,
    1.5e300,
    0.1,
    0.5,
    0.000001,
    1e-7,
    6.034e-8,
    2.36,
    91.543,
    1234567.891,
    999_999_999.999,
    0.1 + 0.2,
    1 / 3,
    100.000001,
    999_999.999999,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    Number.NaN,
    Infinity,
    -Infinity,
  ]) {
    agrees(value);
    agrees(-value);
  }
});

test('bytes and text agree for any double and any decimal', () => {
  fc.assert(fc.property(fc.double(), (value) => agrees(value)));
  fc.assert(
    fc.property(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.integer({ min: 0, max: 8 }),
      (digits, places) => agrees(digits / 10 ** places),
    ),
  );
});

test('times are written whole', () => {
  const bytes = Buffer.alloc(20);
  for (const time of [0, 1_763_650_800, 4_000_000_000, 1e9, 2 ** 53 - 1]) {
    const end = writeInteger(bytes, 0, time);
    assert.equal(bytes.toString('latin1', 0, end), String(time));
  }
  const times = new TimeWriter();
  for (const time of [
    0, 1, 99_999, 100_000, 100_001, 1_763_699_999, 1_763_700_000, 1_763_700_060, 5,
  ]) {
    const end = times.write(bytes, 0, time);
    assert.equal(bytes.toString('latin1', 0, end), String(time));
  }
});
