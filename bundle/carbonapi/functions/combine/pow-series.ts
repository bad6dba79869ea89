// powSeries: the first series to the power of the second, and so on.
import { alignSeries } from '../align.ts';
import { defineFunction } from '../define.ts';
import { createSeries, missing } from '../derive.ts';
import { safePower } from '../power.ts';
import { rowCount } from '../rows.ts';

export const powSeries = defineFunction({
  name: 'powSeries',
  group: 'Combine',
  params: [{ name: 'seriesList', type: 'seriesList', required: true, multiple: true }],
  description:
    'Raises the first series to the power of the second, that to the third, and so on, point by ' +
    'point.',
  examples: ['powSeries(app.base, app.exponent)'],
  evaluate: ({ seriesList }, context) => {
    if (seriesList.length === 0) return [];
    const { columns, start, end, step } = alignSeries(seriesList);
    const values = missing(rowCount(columns));
    values.set(columns[0]!);
    for (const column of columns.slice(1)) {
      for (let i = 0; i < values.length; i++) {
        values[i] = safePower(values[i]!, column[i] ?? Number.NaN);
      }
    }
    return [
      createSeries({
        name: `powSeries(${seriesList.map((series) => series.name).join(',')})`,
        start,
        end,
        step,
        values,
        xFilesFactor: context.xFilesFactor,
      }),
    ];
  },
});
