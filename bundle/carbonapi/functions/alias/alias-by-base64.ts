// aliasByBase64 (carbonapi): names that were stored in base64, readable again.
import { type Series, withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The text behind `encoded`, or undefined if it is not base64. */
function decode(encoded: string): string | undefined {
  return base64.test(encoded) ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
}

function decodedName(series: Series, node: number | string | undefined): string | undefined {
  if (node === undefined) return decode(series.name);
  if (typeof node === 'string') return decode(series.tags[node] ?? '=');
  const nodes = (series.tags['name'] ?? series.name).split('.');
  const decoded = decode(nodes[node - 1] ?? '=');
  return decoded === undefined ? undefined : nodes.with(node - 1, decoded).join('.');
}

export const aliasByBase64 = defineFunction({
  name: 'aliasByBase64',
  carbonapiOnly: true,
  perSeries: true,
  keepsPoints: true,
  group: 'Alias',
  params: [seriesList, { name: 'nodeNum', type: 'nodeOrTag' }],
  description:
    'Decodes names from base64: the whole name, one node of the path (here counted from 1) or a ' +
    'tag. What is not base64 stays as it is.',
  examples: ['aliasByBase64(app.*.errors, 2)'],
  evaluate: ({ seriesList, nodeNum }) =>
    seriesList.map((series) => {
      const name = decodedName(series, nodeNum);
      return name === undefined ? series : withSeries(series, { name });
    }),
});
