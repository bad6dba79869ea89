// fallbackSeries: something to show when there is nothing.
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

export const fallbackSeries = defineFunction({
  name: 'fallbackSeries',
  group: 'Special',
  params: [seriesList, { name: 'fallback', type: 'seriesList', required: true }],
  description: 'The series of the first list, or if there are none those of the second.',
  examples: ['fallbackSeries(app.errors.count, constantLine(0))'],
  evaluate: ({ seriesList, fallback }) => (seriesList.length > 0 ? seriesList : fallback),
});
