// round: points to so many decimals.
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';
import { roundHalfEven } from '../round.ts';
import { writtenArgument } from '../written-argument.ts';

export const round = defineFunction({
  name: 'round',
  perSeries: true,
  group: 'Transform',
  params: [seriesList, { name: 'precision', type: 'integer', default: 0 }],
  description:
    'Rounds every point to `precision` decimals, ties to the even neighbour; a negative ' +
    'precision rounds to tens, hundreds and so on.',
  examples: ['round(servers.*.load.shortterm, 1)'],
  evaluate: ({ seriesList, precision }, context) => {
    const written = writtenArgument(context.call, 'precision', 1);
    const isGiven = written !== undefined && written.kind !== 'none';
    return seriesList.map((series) => {
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i] = roundHalfEven(values[i]!, precision);
      const name = isGiven ? `round(${series.name},${precision})` : `round(${series.name})`;
      return derive(series, name, values, { round: String(precision) });
    });
  },
});
