// Which ids are in a set: neighbours, high ones, those taken out again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdSet } from '../../../bundle/carbon/persister/id-set.ts';

test('ids are in it from add to delete, and no others', () => {
  const ids = new IdSet();
  for (const id of [1, 31, 32, 63, 1_000_000]) ids.add(id);
  for (const id of [1, 31, 32, 63, 1_000_000]) assert.equal(ids.has(id), true, `${id}`);
  for (const id of [0, 2, 30, 33, 999_999, 1_000_001, 50_000_000]) {
    assert.equal(ids.has(id), false, `${id}`);
    ids.delete(id);
  }
  ids.delete(31);
  assert.equal(ids.has(31), false);
  assert.equal(ids.has(32), true);
});
