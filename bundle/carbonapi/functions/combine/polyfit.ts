// polyfit (carbonapi): the polynomial that fits a series best.
import { OperatingError } from '../../../core/errors.ts';
import { countPresent } from '../../../points/aggregation.ts';
import { parseInterval } from '../../expression/time-range.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { checkPointCount } from '../generated.ts';
import { seriesList } from '../params.ts';
import { fitPolynomial, valueOfPolynomial } from '../polynomial.ts';

const degreeMax = 20;

function extended(series: Series, degree: number, offset: number): Float64Array | undefined {
  const length = checkPointCount(series.values.length + Math.trunc(offset / series.step));
  if (countPresent(series.values) < 2) return missing(length);
  const polynomial = fitPolynomial(series.values, degree);
  if (polynomial === undefined) return undefined;
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = valueOfPolynomial(polynomial, i);
  return values;
}

export const polyfit = defineFunction({
  name: 'polyfit',
  dropsSeries: true,
  carbonapiOnly: true,
  perSeries: true,
  group: 'Combine',
  params: [
    seriesList,
    { name: 'degree', type: 'integer', required: true, default: 1, assumed: 1 },
    { name: 'offset', type: 'interval', default: '0d' },
  ],
  description:
    'The polynomial of the given degree that fits each series best (1: a straight line), drawn ' +
    '`offset` beyond its end. A series with too few values for the degree is left out.',
  examples: ['polyfit(servers.web01.disk.used, 1, "7d")'],
  evaluate: ({ seriesList, degree, offset }, { call }) => {
    if (degree < 1 || degree > degreeMax) {
      throw new OperatingError('bad-argument', `polyfit: degree must be 1 to ${degreeMax}`);
    }
    const seconds = parseInterval(offset);
    // Names show what was given by position only.
    const given = call.args.length;
    const suffix = given > 2 ? `,${degree},'${offset}'` : given > 1 ? `,${degree}` : '';
    return seriesList.flatMap((series) => {
      const values = extended(series, degree, seconds);
      if (values === undefined) return [];
      const fitted = derive(series, `polyfit(${series.name}${suffix})`, values);
      return [{ ...fitted, end: series.end + seconds }];
    });
  },
});
