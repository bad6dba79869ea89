import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { highestRanks, lowestRanks } from '../../../bundle/carbonapi/functions/heap-ranking.ts';

const ranks = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN)));

test('the lowest and highest ranks come in order, each index once', () => {
  fc.assert(
    fc.property(ranks, fc.integer({ min: -1, max: 12 }), (list, count) => {
      const rising = list.filter((rank) => !Number.isNaN(rank)).sort((a, b) => a - b);
      for (const [indexes, wanted] of [
        [lowestRanks(list, count), rising],
        [highestRanks(list, count), rising.toReversed()],
      ] as const) {
        assert.equal(new Set(indexes).size, indexes.length);
        assert.deepEqual(
          indexes.map((index) => list[index]),
          wanted.slice(0, Math.max(0, count)),
        );
      }
    }),
  );
});

// Recorded from Go's container/heap by way of the Go carbonapi.
test('equal ranks come in the order of the heap', () => {
  assert.deepEqual(lowestRanks([10, 0, 0, 0], 4), [1, 3, 2, 0]);
  assert.deepEqual(highestRanks([5, 0, 0, 0], 3), [0, 2, 1]);
});
