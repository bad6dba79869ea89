// weightedAverage: one average of series that each have a series of weights.
import { OperatingError } from '../../../core/errors.ts';
import type { Series } from '../../series.ts';
import { combineSeries } from '../combine.ts';
import { defineFunction } from '../define.ts';
import { createSeries, missing } from '../derive.ts';
import { nodesKey } from '../names.ts';
import { optionalNodes, seriesList } from '../params.ts';

function product(average: Series, weight: Series, xFilesFactor: number): Series {
  const values = missing(Math.max(average.values.length, weight.values.length));
  const both = Math.min(average.values.length, weight.values.length);
  for (let i = 0; i < both; i++) values[i] = average.values[i]! * weight.values[i]!;
  const { start, end, step } = average;
  const name = `product(${weight.name},${average.name})`;
  return createSeries({ name, start, end, step, values, xFilesFactor });
}

const distinctPaths = (list: Series[]): string =>
  [...new Set(list.map((series) => series.pathExpression))].sort().join(',');

export const weightedAverage = defineFunction({
  name: 'weightedAverage',
  group: 'Combine',
  params: [
    { ...seriesList, name: 'seriesListAvg' },
    { ...seriesList, name: 'seriesListWeight' },
    optionalNodes,
  ],
  description:
    'The average of all series of the first list, each weighted by the series of the second list ' +
    'that has the same nodes (or tags).',
  examples: ['weightedAverage(app.*.latency.mean, app.*.requests.count, 1)'],
  evaluate: async ({ seriesListAvg, seriesListWeight, nodes }, context) => {
    const { xFilesFactor } = context;
    if (seriesListAvg.length !== seriesListWeight.length) {
      throw new OperatingError(
        'bad-argument',
        `weightedAverage: both lists must have the same length, not ${seriesListAvg.length} and ${seriesListWeight.length}`,
      );
    }
    const averages = new Map(seriesListAvg.map((series) => [nodesKey(series, nodes), series]));
    const weights = new Map(seriesListWeight.map((series) => [nodesKey(series, nodes), series]));
    const products: Series[] = [];
    for (const [key, average] of averages) {
      const weight = weights.get(key);
      if (weight !== undefined) products.push(product(average, weight, xFilesFactor));
    }
    if (products.length === 0) return [];
    const sum = await combineSeries(products, 'sum', context);
    const weightSum = await combineSeries(seriesListWeight, 'sum', context);
    const values = missing(Math.max(sum.values.length, weightSum.values.length));
    const both = Math.min(sum.values.length, weightSum.values.length);
    for (let i = 0; i < both; i++) {
      if (weightSum.values[i] !== 0) values[i] = sum.values[i]! / weightSum.values[i]!;
    }
    const { start, end, step } = sum;
    const name = `weightedAverage(${distinctPaths(seriesListAvg)}, ${distinctPaths(seriesListWeight)}, ${nodes.join(',')})`;
    return [createSeries({ name, start, end, step, values, xFilesFactor })];
  },
});
