// Starts of units, as smartSummarize and hitcount align to them: with the clocks set as at that time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOfUnit } from '../../../bundle/carbonapi/functions/calendar.ts';

const utc = (text: string): number => Date.parse(`${text}Z`) / 1000;

function starts(text: string, unit: string, want: string, timeZone = 'UTC'): void {
  assert.equal(
    startOfUnit(utc(text), unit, timeZone),
    utc(want),
    `${unit} of ${text}, ${timeZone}`,
  );
}

test('starts of units', () => {
  const time = '2026-11-20T15:30:45'; // a Friday
  starts(time, 's', time);
  starts(time, 'minutes', '2026-11-20T15:30:00');
  starts(time, 'h', '2026-11-20T15:00:00');
  starts(time, 'days', '2026-11-20T00:00:00');
  starts(time, 'weeks', '2026-11-16T00:00:00');
  starts(time, 'weeks5', '2026-11-20T00:00:00');
  starts(time, 'weeks7', '2026-11-15T00:00:00');
  starts(time, 'months', '2026-11-01T00:00:00');
  starts(time, 'years', '2026-01-01T00:00:00');
});

test('starts of units in other zones', () => {
  starts('2026-11-20T02:10:00', 'days', '2026-11-19T18:30:00', 'Asia/Kolkata');
  starts('2026-11-20T02:10:00', 'hours', '2026-11-20T01:30:00', 'Asia/Kolkata');
  starts('2026-07-10T12:00:00', 'months', '2026-07-01T04:00:00', 'America/New_York');
});

test('on a day when clocks change it is their setting at that time that counts', () => {
  starts('2026-11-01T05:10:00', 'days', '2026-11-01T04:00:00', 'America/New_York');
  starts('2026-11-01T09:10:00', 'days', '2026-11-01T05:00:00', 'America/New_York');
  starts('2026-11-01T05:10:00', 'hours', '2026-11-01T05:00:00', 'America/New_York');
});
