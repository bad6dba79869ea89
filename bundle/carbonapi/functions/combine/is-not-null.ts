// isNotNull (carbonapi): the same as isNonNull, in another group.
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';
import { presence } from '../transform/is-non-null.ts';

export const isNotNull = defineFunction({
  name: 'isNotNull',
  carbonapiOnly: true,
  perSeries: true,
  group: 'Combine',
  params: [seriesList],
  description: '1 where a point is there, 0 where it is missing; another name of isNonNull.',
  examples: ['sumSeries(isNotNull(servers.*.load.shortterm))'],
  evaluate: ({ seriesList }) => seriesList.map(presence),
});
