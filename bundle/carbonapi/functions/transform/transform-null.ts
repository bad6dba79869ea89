// transformNull: a number where points are missing.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { seriesList } from '../params.ts';
import { aggregateRows } from '../rows.ts';
import { writtenArgument } from '../written-argument.ts';

export const transformNull = defineFunction({
  name: 'transformNull',
  group: 'Transform',
  params: [
    seriesList,
    { name: 'default', type: 'float', default: 0 },
    { name: 'referenceSeries', type: 'seriesList' },
  ],
  description:
    'Puts `default` where points are missing; with `referenceSeries`, only where one of those ' +
    'series has a value.',
  examples: ['transformNull(app.*.errors.count, 0)'],
  evaluate: ({ seriesList, default: fallback, referenceSeries }, { call }) => {
    const isGiven = writtenArgument(call, 'default', 1) !== undefined;
    // Given by keyword, Graphite takes no notice of it.
    const references =
      call.args.length > 2 && referenceSeries?.length ? referenceSeries : undefined;
    const present =
      references &&
      aggregateRows(
        references.map((series) => series.values),
        'count',
        0,
      );
    return seriesList.map((series) => {
      const { length } = series.values;
      // Beside longer references Graphite keeps as many points as there were, but the last ones.
      const skipped = Math.max(0, (present?.length ?? 0) - length);
      const values = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const value = series.values[i + skipped] ?? Number.NaN;
        const isFilled = present === undefined || (present[i + skipped] ?? 0) > 0;
        values[i] = !Number.isNaN(value) || !isFilled ? value : fallback;
      }
      const suffix = references === undefined ? '' : ',referenceSeries';
      const name = `transformNull(${series.name},${formatG(fallback)}${suffix})`;
      return derive(series, name, values, {
        transformNull: isGiven ? formatFloat(fallback) : '0',
        ...(references === undefined ? {} : { referenceSeries: '1' }),
      });
    });
  },
});
