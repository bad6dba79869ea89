// aliasQuery: a name that shows the last value of another series.
import { OperatingError } from '../../../core/errors.ts';
import { compileRegex } from '../../../core/safe-regex.ts';
import { aggregateRange } from '../../../points/aggregation.ts';
import { withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { formatTemplate } from '../format-template.ts';
import { seriesList } from '../params.ts';

export const aliasQuery = defineFunction({
  name: 'aliasQuery',
  group: 'Alias',
  params: [
    seriesList,
    { name: 'search', type: 'string', required: true },
    { name: 'replace', type: 'string', required: true },
    { name: 'newName', type: 'string', required: true },
  ],
  description:
    'Rewrites each name by `search` and `replace` into another target, evaluates that, and puts ' +
    'its last value into `newName` at `%d`, `%s`, `%.1f` and the like.',
  examples: [
    'aliasQuery(channel.power.*, "channel\\.power\\.(\\d+)", "channel.frequency.\\1", "Channel %d MHz")',
  ],
  evaluate: async ({ seriesList, search, replace, newName }, context) => {
    const regex = compileRegex(search);
    return Promise.all(
      seriesList.map(async (series) => {
        const target = regex.replaceAll(series.name, replace);
        const [answer] = await context.evaluateTarget(target);
        const last = answer === undefined ? Number.NaN : aggregateRange(answer.values, 'last');
        if (Number.isNaN(last)) {
          const what = answer === undefined ? 'no series' : 'a series without values';
          throw new OperatingError('bad-argument', `aliasQuery: ${target} gives ${what}`);
        }
        return withSeries(series, { name: formatTemplate(newName, last) });
      }),
    );
  },
});
