// upper and lower: the case of names, whole or at some positions.
import { type Series, withSeries } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

const positionsParam = { name: 'pos', type: 'integer', multiple: true } as const;

function changeCase(
  list: Series[],
  at: readonly number[],
  change: (text: string) => string,
): Series[] {
  return list.map((series) => {
    if (at.length === 0) return withSeries(series, { name: change(series.name) });
    const letters = [...series.name];
    for (const position of at) {
      const index = position < 0 ? position + letters.length : position;
      const letter = letters[index];
      if (letter !== undefined) letters[index] = change(letter);
    }
    return withSeries(series, { name: letters.join('') });
  });
}

export const upper = defineFunction({
  name: 'upper',
  carbonapiAliases: ['toUpperCase'],
  perSeries: true,
  keepsPoints: true,
  group: 'Alias',
  params: [seriesList, positionsParam],
  description:
    'Turns names into capitals, or only the letters at the given positions; negative ones count ' +
    'from the end.',
  examples: ['upper(servers.web01.load.*)', 'upper(servers.web01.load.*, 0)'],
  evaluate: ({ seriesList, pos }) => changeCase(seriesList, pos, (text) => text.toUpperCase()),
});

export const lower = defineFunction({
  name: 'lower',
  carbonapiAliases: ['toLowerCase'],
  perSeries: true,
  keepsPoints: true,
  group: 'Alias',
  params: [seriesList, positionsParam],
  description:
    'Turns names into small letters, or only the letters at the given positions; negative ones ' +
    'count from the end.',
  examples: ['lower(Servers.Web01.*)'],
  evaluate: ({ seriesList, pos }) => changeCase(seriesList, pos, (text) => text.toLowerCase()),
});
