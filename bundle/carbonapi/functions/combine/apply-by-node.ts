// applyByNode: a target evaluated once for every prefix of the paths.
import { OperatingError } from '../../../core/errors.ts';
import { withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

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
      prefixes.add(nodes.slice(0, count + 1).join('.'));
    }
    if (last === undefined) return [];
    const { start, end } = last;
    const results = await Promise.all(
      [...prefixes].sort().map(async (prefix) => {
        const list = await context.evaluateTarget(templateFunction.replaceAll('%', prefix));
        return list.map((series) => {
          const name = newName ? newName.replaceAll('%', prefix) : series.name;
          return withSeries(series, { name, pathExpression: prefix, start, end });
        });
      }),
    );
    return results.flat();
  },
});
