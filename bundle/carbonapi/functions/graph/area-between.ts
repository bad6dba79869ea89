// areaBetween: the space between two series.
import { areaOf } from '../area.ts';
import { defineFunction } from '../define.ts';
import { seriesList } from '../params.ts';

export const areaBetween = defineFunction({
  name: 'areaBetween',
  group: 'Graph',
  params: [seriesList],
  description: 'Fills the area between exactly two series.',
  examples: ['areaBetween(app.latency.{lower,upper})'],
  evaluate: ({ seriesList }) => areaOf(seriesList, 'areaBetween'),
});
