import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeRange,
  durationMs,
  formatInterval,
  intervalMs,
  moveRange,
  parseTime,
  resolveRange,
} from '../../../bundle/grafana/viewer/model/time-range.ts';

const now = new Date(2026, 10, 21, 9, 30, 15, 500).getTime(); // a Saturday

test('times', () => {
  const f = (text: string, want: Date, isEnd = false): void =>
    assert.equal(parseTime(text, now, isEnd), want.getTime(), text);
  f('now', new Date(now));
  f('now-1h', new Date(2026, 10, 21, 8, 30, 15, 500));
  f('now-1d+2h', new Date(2026, 10, 20, 11, 30, 15, 500));
  f('now/d', new Date(2026, 10, 21));
  f('now/d', new Date(2026, 10, 21, 23, 59, 59, 999), true);
  f('now-1d/d', new Date(2026, 10, 20));
  f('now/w', new Date(2026, 10, 16));
  f('now/M', new Date(2026, 10, 1));
  f('now-1M/M', new Date(2026, 9, 1));
  f('now/y', new Date(2026, 0, 1));
  f('now-1y', new Date(2025, 10, 21, 9, 30, 15, 500));
  f('1700000000000', new Date(1_700_000_000_000));
  f('2026-11-20 08:00:00', new Date(2026, 10, 20, 8));
  f('2026-11-20', new Date(2026, 10, 20));
});

test('what is no time', () => {
  for (const text of [
    '',
    'yesterday',
    'now-',
    'now-1',
    'now-1x',
    'now/1d',
    'nowhere',
    '2026-13-40',
  ])
    assert.equal(parseTime(text, now, false), undefined, text);
});

test('ranges need two times, the earlier one first', () => {
  assert.equal(resolveRange({ from: 'now', to: 'now-1h' }, now), undefined);
  assert.equal(resolveRange({ from: 'x', to: 'now' }, now), undefined);
  const range = resolveRange({ from: 'now-1h', to: 'now' }, now);
  assert.equal((range?.toMs ?? 0) - (range?.fromMs ?? 0), 3_600_000);
});

test('moving and zooming out', () => {
  const range = { fromMs: 1000, toMs: 3000, raw: { from: '1000', to: '3000' } };
  assert.deepEqual(moveRange(range, -1), { from: '0', to: '2000' });
  assert.deepEqual(moveRange(range, 1), { from: '2000', to: '4000' });
  assert.deepEqual(moveRange(range, 0), { from: '0', to: '4000' });
});

test('what a range is called', () => {
  assert.equal(describeRange({ from: 'now-6h', to: 'now' }), 'Last 6 hours');
  assert.equal(describeRange({ from: 'now-45m', to: 'now' }), 'Last 45 minutes');
  assert.equal(describeRange({ from: 'now-2h', to: 'now-1h' }), 'now-2h to now-1h');
});

test('durations and intervals', () => {
  assert.equal(durationMs('10s'), 10_000);
  assert.equal(durationMs('1.5h'), 5_400_000);
  assert.equal(durationMs('soon'), undefined);
  assert.equal(formatInterval(90_000), '90s');
  assert.equal(formatInterval(7_200_000), '2h');
  const hour = { fromMs: 0, toMs: 3_600_000, raw: { from: '', to: '' } };
  assert.equal(intervalMs(hour, 100), 60_000);
  assert.equal(intervalMs(hour, 1_000_000), 1000);
});
