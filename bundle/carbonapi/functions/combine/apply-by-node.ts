// applyByNode: a target evaluated once for every prefix of the paths.
import { OperatingError } from '../../../core/errors.ts';
import { withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

/** Whether `prefix` is half a call: `scale(a.b` of the series `scale(a.b.c,2)`. Nothing is called that. */
const isHalfCall = (prefix: string): boolean =>
  prefix.split('(').length !== prefix.split(')').length;

export const applyByNode = defineFunction({
  name: 'applyByNode',
  group: 'Combine',
  params: [
    seriesList,
    { name: 'nodeNum', type: 'node', required: true },
    { name: 'templateFunction', type: 'string', required: true },
    { name: 'newName', type: 'string' },
  ],
  description:
    'Takes the distinct beginnings of the paths up to node `nodeNum`, puts each in place of `%` ' +
    'in `templateFunction` and evaluates that. `newName` may hold `%` too.',
  examples: [
    'applyByNode(servers.*.disk.used, 1, "divideSeries(%.disk.used,sumSeries(%.disk.*))")',
  ],
  evaluate: async ({ seriesList, nodeNum, templateFunction, newName }, context) => {
    const last = seriesList.at(-1);
    const count = Number(nodeNum);
    const prefixes = new Set<string>();
    for (const { name } of seriesList) {
      const nodes = name.split('.');
      if (!(count < nodes.length)) {
        throw new OperatingError('bad-argument', `applyByNode: ${name} has no node ${nodeNum}`);
      }
      const prefix = nodes.slice(0, count + 1).join('.');
      if (!isHalfCall(prefix)) prefixes.add(prefix);
    }
    if (last === undefined) return [];
    const { start, end } = last;
    const results = await Promise.all(
      [...prefixes].sort().map(async (prefix) => {
        const target = templateFunction.replaceAll('%', prefix).trim();
        const list = target === '' ? [] : await context.evaluateTarget(target);
        return list.map((series) => {
          const name = newName ? newName.replaceAll('%', prefix) : series.name;
          return withSeries(series, { name, pathExpression: prefix, start, end });
        });
      }),
    );
    return results.flat();
  },
});
