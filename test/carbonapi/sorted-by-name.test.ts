import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Series } from '../../bundle/carbonapi/series.ts';
import { Turns } from '../../bundle/carbonapi/serving/turn.ts';
import { sortedByName } from '../../bundle/carbonapi/sorted-by-name.ts';

const values = new Float64Array(0);
const seriesOf = (name: string, start: number): Series => ({
  name,
  pathExpression: '',
  start,
  step: 1,
  end: start,
  values,
  tags: {},
  consolidate: 'average',
  xFilesFactor: 0,
});

test('series are ordered as a stable sort orders them, however many', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(999), { maxLength: 3000, size: 'max' }), async (numbers) => {
      const list = numbers.map((number, index) => seriesOf(`a.${number}`, index));
      const expected = [...list].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      assert.deepEqual(
        (await sortedByName(list, new Turns())).map(({ start }) => start),
        expected.map(({ start }) => start),
      );
    }),
    { numRuns: 20 },
  );
});
