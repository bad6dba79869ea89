// aliasSub: names rewritten by a regular expression.
import { compileRegex } from '../../../core/safe-regex.ts';
import { withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

export const aliasSub = defineFunction({
  name: 'aliasSub',
  perSeries: true,
  keepsPoints: true,
  group: 'Alias',
  params: [
    seriesList,
    { name: 'search', type: 'string', required: true },
    { name: 'replace', type: 'string', required: true },
  ],
  description:
    'Replaces every match of the regular expression `search` in the names by `replace`, where ' +
    '`\\1` or `\\g<name>` stand for groups. The syntax is Python’s without look-around and ' +
    'back-references.',
  examples: ['aliasSub(ip.*TCP*, "^.*TCP(\\d+)", "port \\1")'],
  evaluate: ({ seriesList, search, replace }) => {
    const regex = compileRegex(search);
    return seriesList.map((series) =>
      withSeries(series, { name: regex.replaceAll(series.name, replace) }),
    );
  },
});
