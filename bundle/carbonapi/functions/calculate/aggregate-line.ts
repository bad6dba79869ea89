// aggregateLine: the aggregation of a whole series as a horizontal line.
import { aggregateRange, resolveAggregation } from '../../../points/aggregation.ts';
import { constantSeries } from '../constant-series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { formatFloat, formatG } from '../format-number.ts';
import { tagsOfName } from '../names.ts';
import { averageAggregation, seriesList } from '../params.ts';

export const aggregateLine = defineFunction({
  name: 'aggregateLine',
  perSeries: true,
  group: 'Calculate',
  params: [seriesList, averageAggregation, { name: 'keepStep', type: 'boolean', default: false }],
  description:
    'A horizontal line at the aggregation `func` of each series: three points, or with ' +
    '`keepStep` as many as the series has.',
  examples: ['aggregateLine(servers.web01.load.shortterm, "max")'],
  evaluate: ({ seriesList, func, keepStep }, context) => {
    const aggregation = resolveAggregation(func);
    return seriesList.map((series) => {
      const value = aggregateRange(series.values, aggregation);
      const isMissing = Number.isNaN(value);
      const name = `aggregateLine(${series.name}, ${isMissing ? 'None' : formatG(value)})`;
      if (keepStep) return derive(series, name, new Float64Array(series.values.length).fill(value));
      const label = isMissing
        ? 'None'
        : aggregation === 'count'
          ? String(value)
          : formatFloat(value);
      const tags = tagsOfName(label);
      return { ...constantSeries(value, label, context), name, pathExpression: name, tags };
    });
  },
});
