// divideSeries and divideSeriesLists.
import { OperatingError } from '../../../core/errors.ts';
import type { Series } from '../../series.ts';
import { alignSeries } from '../align.ts';
import { defineFunction } from '../define.ts';
import { createSeries, derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

function divide(dividend: Series, divisor: Series, xFilesFactor: number): Series {
  const { columns, start, end, step } = alignSeries([dividend, divisor]);
  const [above = missing(0), below = missing(0)] = columns;
  const values = missing(Math.max(above.length, below.length));
  const both = Math.min(above.length, below.length);
  for (let i = 0; i < both; i++) if (below[i] !== 0) values[i] = above[i]! / below[i]!;
  return createSeries({
    name: `divideSeries(${dividend.name},${divisor.name})`,
    start,
    end,
    step,
    values,
    xFilesFactor,
  });
}

export const divideSeries = defineFunction({
  name: 'divideSeries',
  group: 'Combine',
  params: [
    { ...seriesList, name: 'dividendSeriesList' },
    { ...seriesList, name: 'divisorSeries' },
  ],
  description:
    'Divides each series of the first list by the one series of the second. Division by zero ' +
    'gives a missing point.',
  examples: ['divideSeries(app.*.errors, app.all.requests)'],
  evaluate: ({ dividendSeriesList, divisorSeries }, context) => {
    const [divisor] = divisorSeries;
    if (divisorSeries.length > 1) {
      throw new OperatingError(
        'bad-argument',
        `divideSeries: the divisor must be exactly one series, not ${divisorSeries.length}`,
      );
    }
    return dividendSeriesList.map((dividend) =>
      divisor === undefined
        ? derive(
            dividend,
            `divideSeries(${dividend.name},MISSING)`,
            missing(dividend.values.length),
          )
        : divide(dividend, divisor, context.xFilesFactor),
    );
  },
});

export const divideSeriesLists = defineFunction({
  name: 'divideSeriesLists',
  group: 'Combine',
  params: [
    { ...seriesList, name: 'dividendSeriesList' },
    { ...seriesList, name: 'divisorSeriesList' },
  ],
  description: 'Divides the series of the first list by those of the second, pair by pair.',
  examples: ['divideSeriesLists(app.*.errors, app.*.requests)'],
  evaluate: ({ dividendSeriesList, divisorSeriesList }, context) => {
    if (dividendSeriesList.length !== divisorSeriesList.length) {
      throw new OperatingError(
        'bad-argument',
        `divideSeriesLists: both lists must have the same length, not ${dividendSeriesList.length} and ${divisorSeriesList.length}`,
      );
    }
    return dividendSeriesList.map((dividend, index) =>
      divide(dividend, divisorSeriesList[index]!, context.xFilesFactor),
    );
  },
});
