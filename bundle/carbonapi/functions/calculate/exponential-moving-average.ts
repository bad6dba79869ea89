// exponentialMovingAverage: an average in which older points fade.
import { aggregateRange } from '../../../points/aggregation.ts';
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList, windowSize } from '../params.ts';
import { preview, previewRange } from '../preview.ts';
import { roundHalfEven } from '../round.ts';

/** The average of the first `points`, then each point weighted with `weight` against the past. */
function smooth(values: Float64Array, points: number, weight: number): Float64Array {
  const smoothed = missing(Math.max(1, values.length - points + 1));
  let level = aggregateRange(values, 'average', 0, Math.min(points, values.length)) || 0;
  smoothed[0] = roundHalfEven(level, 6);
  for (let i = points; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    level = weight * value + (1 - weight) * level;
    smoothed[i - points + 1] = roundHalfEven(level, 6);
  }
  return smoothed;
}

export const exponentialMovingAverage = defineFunction({
  name: 'exponentialMovingAverage',
  group: 'Calculate',
  params: [seriesList, windowSize],
  description:
    'An average in which older points count less and less: a point weighs 2 / (n + 1), where n is ' +
    '`windowSize`, in points or in seconds of a time span. It starts from the average of one ' +
    'window before.',
  examples: ['exponentialMovingAverage(servers.*.load.shortterm, 10)'],
  fetchRange: previewRange,
  skipsWhenEmpty: true,
  evaluate: async ({ seriesList, windowSize }, context) => {
    if (seriesList.length === 0) return [];
    const before = await preview(seriesList, windowSize, context);
    const length = typeof windowSize === 'string' ? before.seconds : Math.trunc(windowSize);
    return before.list.map((series) => {
      const values = smooth(series.values, before.pointsOf(series), 2 / (length + 1));
      const name = `exponentialMovingAverage(${series.name},${before.text})`;
      const tags = { exponentialMovingAverage: before.size };
      return { ...derive(series, name, values, tags), start: series.start + before.seconds };
    });
  },
});
