// useSeriesAbove: where one series is high, show another.
import { compileRegex } from '../../../core/safe-regex.ts';
import { aggregateRange } from '../../../points/aggregation.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

/** Whether some point is above `limit`; never of a series with a gap, as Graphite compares none. */
function isAbove(values: Float64Array, limit: number): boolean {
  return !values.includes(Number.NaN) && aggregateRange(values, 'max') > limit;
}

export const useSeriesAbove = defineFunction({
  name: 'useSeriesAbove',
  group: 'Filter Series',
  params: [
    seriesList,
    { name: 'value', type: 'float', required: true },
    { name: 'search', type: 'string', required: true },
    { name: 'replace', type: 'string', required: true },
  ],
  description:
    'For each series without gaps that is above `value` at some point, shows the series whose ' +
    'from replacing the regular expression `search` by `replace`.',
  examples: ['useSeriesAbove(app.*.requests, 10, "requests", "seconds")'],
  evaluate: async ({ seriesList, value, search, replace }, context) => {
    const regex = compileRegex(search);
    const names = seriesList
      .filter(({ values }) => isAbove(values, value))
      .map(({ name }) => regex.replaceAll(name, replace));
    if (names.length === 0) return [];
    const list = await context.evaluateTarget(`group(${names.join(',')})`);
    return list.filter(({ values }) => values.length > 0);
  },
});
