// setXFilesFactor: how many points must be there for a result.
import { defineFunction } from '../define.ts';
import { tagged } from '../derive.ts';
import { formatFloat } from '../format-number.ts';
import { seriesList } from '../params.ts';

export const setXFilesFactor = defineFunction({
  name: 'setXFilesFactor',
  aliases: ['xFilesFactor'],
  group: 'Special',
  params: [seriesList, { name: 'xFilesFactor', type: 'float', required: true }],
  description:
    'Sets the share of points that must be there when points are put together, for these series ' +
    'and for everything that is evaluated after them.',
  examples: ['setXFilesFactor(servers.*.load.shortterm, 0.5)'],
  evaluate: ({ seriesList, xFilesFactor }, context) => {
    context.xFilesFactor = xFilesFactor;
    return seriesList.map((series) =>
      tagged(series, { xFilesFactor: formatFloat(xFilesFactor) }, { xFilesFactor }),
    );
  },
});
