// log, and carbonapi's logarithm, which names its results in another way.

import { OperatingError } from '../../../core/errors.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';
import { numberAsWritten } from '../written-argument.ts';

const base = { name: 'base', type: 'integer', default: 10, acceptsOther: true } as const;

function logarithms(series: Series, base: number, text: string, name: string): Series {
  const divisor = Math.log(base);
  const values = missing(series.values.length);
  for (let i = 0; i < values.length; i++) {
    const value = series.values[i]!;
    if (value > 0 && divisor !== 0) values[i] = Math.log(value) / divisor;
  }
  return derive(series, name, values, { log: text });
}

export const log = defineFunction({
  name: 'log',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, base],
  description:
    'The logarithm of every point to the given base; points that are not positive are missing.',
  examples: ['log(app.requests.count, 2)'],
  evaluate: ({ seriesList, base }, { call }) => {
    if (base <= 0 || base === 1)
      throw new OperatingError('bad-argument', `log: there are no logarithms to the base ${base}`);
    const text = numberAsWritten(call, 'base', 1, base);
    return seriesList.map((series) =>
      logarithms(series, base, text, `log(${series.name}, ${text})`),
    );
  },
});

export const logarithm = defineFunction({
  name: 'logarithm',
  carbonapiOnly: true,
  perSeries: true,
  group: 'Transform',
  params: [seriesList, base],
  description: 'The same as log; only the names differ.',
  examples: ['logarithm(app.requests.count, 2)'],
  evaluate: ({ seriesList, base }) =>
    seriesList.map((series) => {
      const suffix = base === 10 ? '' : `,${base}`;
      return logarithms(series, base, String(base), `logarithm(${series.name}${suffix})`);
    }),
});
