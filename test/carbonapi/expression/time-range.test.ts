import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInterval, parseTime } from '../../../bundle/carbonapi/expression/time-range.ts';

const utc = (text: string): number => Date.parse(`${text}Z`) / 1000;
const now = utc('2026-11-20T15:30:45'); // a Friday

function means(text: string, want: string | number, timeZone = 'UTC'): void {
  const seconds = typeof want === 'string' ? utc(want) : want;
  assert.equal(parseTime(text, { now, timeZone }), seconds, text);
}

test('epoch seconds, and eight digits that are a date', () => {
  means('1763650000', 1763650000);
  means('20261101', '2026-11-01T00:00:00');
  means('99999999', 99999999);
  means('19000101', 19000101);
  means('19010101', '1901-01-01T00:00:00');
  means('30000101', '3000-01-01T00:00:00');
});

test('spans are counted from now or from a reference', () => {
  means('now', now);
  means('-1h', now - 3600);
  means('-1h30min', now - 5400);
  means('-90minutes', now - 5400);
  means('now-5min', now - 300);
  means('now+1d', now + 86400);
  means('-2mon', now - 60 * 86400);
  means('-1y', now - 365 * 86400);
  means('-1w', now - 7 * 86400);
  means('10:00_20261101+5min', '2026-11-01T10:05:00');
});

test('times of day and days', () => {
  means('10:00_20261101', '2026-11-01T10:00:00');
  means('10:00 20261101', '2026-11-01T10:00:00');
  means('11:59pm_11/30/26', '2026-11-30T23:59:00');
  means('6pm_today', '2026-11-20T18:00:00');
  means('noon', '2026-11-20T12:00:00');
  means('10:5', '2026-11-20T10:05:00');
  means('midnight', '2026-11-20T00:00:00');
  means('teatime yesterday', '2026-11-19T16:00:00');
  means('tomorrow', '2026-11-21T00:00:00');
  means('10:00_thursday', '2026-11-19T10:00:00');
  means('10:00_friday', '2026-11-20T10:00:00');
  means('saturday', '2026-11-14T00:00:00');
  means('noon_jan31', '2026-01-31T12:00:00');
  means('january 5', '2026-01-05T00:00:00');
  // Graphite reads the last two digits after a month, whatever stands before them.
  means('Jan 1 2027', '2026-01-27T00:00:00');
});

test('dates are read in the zone of the request', () => {
  means('12:00_20260701', '2026-07-01T10:00:00', 'Europe/Paris');
  means('12:00_20261201', '2026-12-01T11:00:00', 'Europe/Paris');
  means('midnight', '2026-11-20T15:00:00', 'Asia/Tokyo');
  // Clocks go forward that night: the day has 23 hours.
  means('00:00_20260329', '2026-03-28T23:00:00', 'Europe/Paris');
  means('00:00_20260330', '2026-03-29T22:00:00', 'Europe/Paris');
});

test('a time that clocks show twice or skip is read in standard time', () => {
  means('01:30_20261101', '2026-11-01T06:30:00', 'America/New_York');
  means('00:30_20261101', '2026-11-01T04:30:00', 'America/New_York');
  means('02:30_20260308', '2026-03-08T07:30:00', 'America/New_York');
});

test('intervals', () => {
  assert.equal(parseInterval('30s'), 30);
  assert.equal(parseInterval('5min'), 300);
  assert.equal(parseInterval('-1d12h'), -129_600);
  assert.equal(parseInterval('1mon'), 30 * 86400);
  for (const bad of ['', 'abc', '5', '5x', 'min', '1h-', '--1h'])
    assert.throws(() => parseInterval(bad), { code: 'bad-time' }, bad);
});

test('what is no time is refused', () => {
  for (const bad of ['', 'garbage', '25:00', '10:00_20261340', '02/30/26', '-5parsecs', 'now-'])
    assert.throws(() => parseTime(bad, { now, timeZone: 'UTC' }), { code: 'bad-time' }, bad);
});
