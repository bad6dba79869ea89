// powSeriesLists (carbonapi): powers of two lists pair by pair.

import type { Series } from '../../series.ts';
import { alignSeries } from '../align.ts';
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { safePower } from '../power.ts';

const byName = (a: Series, b: Series): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function power(source: Series, factor: Series): Series {
  const { columns, start, end, step } = alignSeries([source, factor]);
  const [bases = missing(0), exponents = missing(0)] = columns;
  const values = missing(bases.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = safePower(bases[i]!, exponents[i] ?? Number.NaN);
  }
  return {
    ...derive(source, `powSeries(${source.name},${factor.name})`, values),
    start,
    end,
    step,
  };
}

/** A power with `constant` in place of the series that are not there. */
function powerWithConstant(series: Series, constant: number, isExponent: boolean): Series {
  const values = series.values.slice();
  for (let i = 0; i < values.length; i++) {
    values[i] = isExponent ? safePower(values[i]!, constant) : safePower(constant, values[i]!);
  }
  return derive(series, `powSeries(${series.name},${series.name})`, values);
}

export const powSeriesLists = defineFunction({
  name: 'powSeriesLists',
  carbonapiOnly: true,
  group: 'Combine',
  params: [
    { name: 'sourceSeriesList', type: 'seriesList', required: true },
    { name: 'factorSeriesList', type: 'seriesList', required: true },
    { name: 'default', type: 'float' },
  ],
  description:
    'Raises the series of the first list to the power of those of the second, in the order of ' +
    'their names; one series in the second list serves for all. In lists of different length those ' +
    'of the same name belong together. `default` stands in for what is missing.',
  examples: ['powSeriesLists(app.*.base, app.*.exponent)'],
  evaluate: ({ sourceSeriesList, factorSeriesList, default: constant }) => {
    const sources = sourceSeriesList.toSorted(byName);
    const factors = factorSeriesList.toSorted(byName);
    if (sources.length === 0 || factors.length === 0) {
      if (constant === undefined) return [];
      if (sources.length === 0)
        return factors.map((each) => powerWithConstant(each, constant, false));
      return sources.map((each) => powerWithConstant(each, constant, true));
    }
    if (factors.length === 1 || factors.length === sources.length)
      return sources.map((source, i) => power(source, factors[factors.length === 1 ? 0 : i]!));
    // Lists of different length are put together by name.
    const factorNamed = new Map(factors.map((factor) => [factor.name, factor]));
    return sources.flatMap((source) => {
      const factor = factorNamed.get(source.name);
      if (factor !== undefined) return power(source, factor);
      if (constant === undefined) return [];
      const name = `powSeries(${source.name},${constant})`;
      return { ...powerWithConstant(source, constant, true), name, pathExpression: name };
    });
  },
});
