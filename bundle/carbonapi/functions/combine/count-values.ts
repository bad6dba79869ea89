// countValues (carbonapi): one series per value, saying how many series have it.
import { type Series, withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { checkPointCount } from '../generated.ts';
import { seriesList } from '../params.ts';
import { rowCount } from '../rows.ts';

/** Counts per whole value, or undefined if there are more than `limit` different ones. */
function countsByValue(
  list: readonly Series[],
  limit: number,
): Map<number, Float64Array> | undefined {
  const counts = new Map<number, Float64Array>();
  const length = rowCount(list.map((series) => series.values));
  for (const { values } of list) {
    for (let i = 0; i < values.length; i++) {
      if (Number.isNaN(values[i])) continue;
      // Adding 0 makes one value of 0 and -0.
      const value = Math.trunc(values[i]!) + 0;
      let column = counts.get(value);
      if (column === undefined) {
        if (counts.size >= limit) return undefined;
        column = new Float64Array(length);
        counts.set(value, column);
        checkPointCount(counts.size * length);
      }
      column[i]!++;
    }
  }
  return counts;
}

export const countValues = defineFunction({
  name: 'countValues',
  dropsSeries: true,
  carbonapiOnly: true,
  group: 'Combine',
  params: [seriesList, { name: 'valuesLimit', type: 'integer', default: 32 }],
  description:
    'For each whole value that occurs, a series named after it with the number of series that ' +
    'have it at each point. More than `valuesLimit` values give one series `valuesLimitReached`.',
  examples: ['countValues(servers.*.state)'],
  evaluate: ({ seriesList, valuesLimit }) => {
    const [first] = seriesList;
    if (first === undefined) return [];
    const counts = countsByValue(seriesList, valuesLimit);
    if (counts === undefined) {
      const values = new Float64Array(first.values.length);
      return [withSeries(first, { name: 'valuesLimitReached', values })];
    }
    return [...counts]
      .sort(([a], [b]) => a - b)
      .map(([value, values]) => withSeries(first, { name: String(value), values }));
  },
});
