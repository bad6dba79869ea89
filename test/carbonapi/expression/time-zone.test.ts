import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkTimeZone,
  civilTimeIn,
  epochOf,
} from '../../../bundle/carbonapi/expression/time-zone.ts';

for (const timeZone of ['Europe/Paris', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'])
  test(`civil time in ${timeZone} is what the runtime says, and leads back`, () => {
    const formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    fc.assert(
      fc.property(fc.integer({ min: 1e8, max: 4e9 }), (seconds) => {
        const civil = civilTimeIn(timeZone, seconds);
        for (const { type, value } of formatter.formatToParts(seconds * 1000))
          if (type in civil) assert.equal(civil[type as keyof typeof civil], Number(value));
        // An hour that clocks show twice leads to one of the two.
        assert.ok(Math.abs(epochOf(timeZone, civil) - seconds) <= 3600);
      }),
    );
  });

test('a zone that nobody knows is refused', () => {
  assert.throws(() => checkTimeZone('Mars/Olympus'), { code: 'bad-time-zone' });
  checkTimeZone('Europe/Paris');
});
