// stdev: a moving standard deviation.
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

/** Deviation of the up to `points` values that end at each index. */
function movingDeviation(values: Float64Array, points: number, tolerance: number): Float64Array {
  const deviations = missing(values.length);
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const leaving = i >= points ? values[i - points]! : Number.NaN;
    if (!Number.isNaN(leaving)) {
      count--;
      sum -= leaving;
      squares -= leaving * leaving;
    }
    const entering = values[i]!;
    if (!Number.isNaN(entering)) {
      count++;
      sum += entering;
      squares += entering * entering;
    }
    if (count === 0 || count / points < tolerance) continue;
    // Rounding may leave less than nothing; the root is then no number, a missing point.
    deviations[i] = Math.sqrt(count * squares - sum * sum) / count;
  }
  return deviations;
}

export const stdev = defineFunction({
  name: 'stdev',
  perSeries: true,
  group: 'Calculate',
  params: [
    seriesList,
    { name: 'points', type: 'integer', required: true },
    { name: 'windowTolerance', type: 'float', default: 0.1 },
  ],
  description:
    'The standard deviation of the last `points` points, where at least the share ' +
    '`windowTolerance` of them is there.',
  examples: ['stdev(servers.web01.load.shortterm, 30)'],
  evaluate: ({ seriesList, points, windowTolerance }) =>
    seriesList.map((series) => {
      const values = movingDeviation(series.values, points, windowTolerance);
      return derive(series, `stdev(${series.name},${points})`, values, { stdev: String(points) });
    }),
});
