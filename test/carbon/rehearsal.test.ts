// The rehearsal of receiving: it really receives, and nothing of it stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearse } from '../../bundle/carbon/rehearsal.ts';

test('made-up lines are received and found, no timer stays', async () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const { points, series } = await rehearse();
  assert.ok(series >= 500, `${series} series`);
  assert.equal(points, series * 4);
  assert.equal(timers(), before);
});
