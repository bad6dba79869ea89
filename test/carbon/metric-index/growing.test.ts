import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BitSet, NumberSet } from '../../../bundle/carbon/metric-index/growing.ts';
import { SmallestStrings } from '../../../bundle/carbon/metric-index/smallest.ts';

test('NumberSet holds what was added', () => {
  const number = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 ** 52 }));
  fc.assert(
    fc.property(fc.array(number, { maxLength: 3000 }), fc.array(number), (added, asked) => {
      const set = new NumberSet();
      for (const value of added) set.add(value);
      const model = new Set(added);
      assert.equal(set.size, model.size);
      for (const value of [...added, ...asked]) assert.equal(set.has(value), model.has(value));
    }),
    { numRuns: 30 },
  );
});

test('BitSet holds what was added and not deleted', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(5000));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const set = new BitSet();
      const model = new Set<number>();
      for (const [add, id] of steps) {
        if (add) {
          set.add(id);
          model.add(id);
        } else {
          set.delete(id);
          model.delete(id);
        }
      }
      for (const [, id] of steps) assert.equal(set.has(id), model.has(id));
    }),
  );
});

test('SmallestStrings gives what sorting would', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), fc.nat(20), (texts, limit) => {
      const smallest = new SmallestStrings(limit);
      for (const text of texts) smallest.add(text);
      assert.deepEqual(smallest.sorted(), [...new Set(texts)].sort().slice(0, limit));
    }),
  );
});
