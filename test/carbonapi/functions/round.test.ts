// Rounding as Python rounds: half to even on the exact binary value.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { roundHalfEven } from '../../../bundle/carbonapi/functions/round.ts';

function f(value: number, digits: number, want: number): void {
  assert.equal(roundHalfEven(value, digits), want, `round(${value}, ${digits})`);
}

test('whole numbers', () => {
  f(0.5, 0, 0);
  f(1.5, 0, 2);
  f(2.5, 0, 2);
  f(-2.5, 0, -2);
  f(2.6, 0, 3);
  f(250, -2, 200);
  f(350, -2, 400);
  f(-1251, -2, -1300);
  f(4, -1, 0);
});

test('decimals', () => {
  f(2.675, 2, 2.67); // the binary value lies below
  f(0.125, 2, 0.12); // a tie
  f(0.375, 2, 0.38); // a tie
  f(1.0000005, 6, 1.000001); // the binary value lies above
  f(1.0000015, 6, 1.000001);
  f(1e300, 6, 1e300);
  f(123456789.12345679, 6, 123456789.123457);
  f(0.1 + 0.2, 15, 0.3);
});

test('what is no number stays', () => {
  f(Number.NaN, 2, Number.NaN);
  f(Number.POSITIVE_INFINITY, 2, Number.POSITIVE_INFINITY);
});

test('agrees with the exact decimal text away from ties', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
      fc.integer({ min: 1, max: 9 }),
      (value, digits) => {
        const text = Number(value.toFixed(digits));
        const isTie = /\.\d*5$/.test(value.toFixed(digits + 1)) && digits < 9;
        if (!isTie) assert.equal(roundHalfEven(value, digits) + 0, text + 0);
      },
    ),
  );
});
