// seriesByTag: described here, answered by the evaluator, which fetches its series like a path.
import { defineFunction } from '../define.ts';

export const seriesByTag = defineFunction({
  name: 'seriesByTag',
  group: 'Special',
  params: [{ name: 'tagExpressions', type: 'string', required: true, multiple: true }],
  description:
    'The tagged series that match all expressions: `tag=value`, `tag!=value`, `tag=~regex`, ' +
    '`tag!=~regex`. At least one must ask for a value that is not empty.',
  examples: ['seriesByTag("name=disk.used", "datacenter=~dc[12]")'],
  evaluate: (_args, context) => context.evaluate(context.call),
});
