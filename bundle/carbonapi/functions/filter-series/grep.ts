// grep and exclude: series kept or dropped by name.
import { compileRegex } from '../../../core/safe-regex.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

const pattern = { name: 'pattern', type: 'string', required: true } as const;

export const grep = defineFunction({
  name: 'grep',
  perSeries: true,
  keepsPoints: true,
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
  perSeries: true,
  keepsPoints: true,
  group: 'Filter Series',
  params: [seriesList, pattern],
  description: 'Drops the series whose name matches the regular expression anywhere.',
  examples: ['exclude(servers.*.cpu.*, "idle$")'],
  evaluate: ({ seriesList, pattern }) => {
    const regex = compileRegex(pattern);
    return seriesList.filter((series) => !regex.test(series.name));
  },
});
