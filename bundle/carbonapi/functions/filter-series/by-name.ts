// grep, exclude, unique, limit: series kept by name or place.
import { compileRegex } from '../../../core/safe-regex.ts';
import { defineFunction } from '../define.ts';
import { requiredCount, seriesList, seriesLists } from '../params.ts';
import { firstOf } from '../ranking.ts';

const pattern = { name: 'pattern', type: 'string', required: true } as const;

export const grep = defineFunction({
  name: 'grep',
  group: 'Filter Series',
  params: [seriesList, pattern],
  description: 'Keeps the series whose name matches the regular expression anywhere.',
  examples: ['grep(servers.*.cpu.*, "web[0-9]+")'],
  evaluate: ({ seriesList, pattern }) => {
    const regex = compileRegex(pattern);
    return seriesList.filter((series) => regex.test(series.name));
  },
});

export const exclude = defineFunction({
  name: 'exclude',
  group: 'Filter Series',
  params: [seriesList, pattern],
  description: 'Drops the series whose name matches the regular expression anywhere.',
  examples: ['exclude(servers.*.cpu.*, "idle$")'],
  evaluate: ({ seriesList, pattern }) => {
    const regex = compileRegex(pattern);
    return seriesList.filter((series) => !regex.test(series.name));
  },
});

export const unique = defineFunction({
  name: 'unique',
  group: 'Filter Series',
  params: [seriesLists],
  description: 'Keeps the first of the series that have the same name.',
  examples: ['unique(servers.web*.load.shortterm, servers.*01.load.shortterm)'],
  evaluate: ({ seriesLists }) => {
    const seen = new Set<string>();
    return seriesLists.filter(({ name }) => !seen.has(name) && seen.add(name));
  },
});

export const limit = defineFunction({
  name: 'limit',
  group: 'Filter Series',
  params: [seriesList, requiredCount],
  description: 'The first `n` series.',
  examples: ['limit(servers.*.load.shortterm, 10)'],
  evaluate: ({ seriesList, n }) => firstOf(seriesList, n),
});
