// heatMap (carbonapi): cumulative buckets turned into separate ones.
import { OperatingError } from '../../../core/errors.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';
import { rankSeries } from '../ranking.ts';

/** How many of the first points decide the order of the buckets. */
const decidingPoints = 5;

function checkAlike(list: readonly Series[]): void {
  const [first] = list;
  if (first === undefined) return;
  const odd = list.find(
    ({ start, step, values }) =>
      start !== first.start || step !== first.step || values.length !== first.values.length,
  );
  if (odd !== undefined) {
    throw new OperatingError(
      'bad-argument',
      `heatMap: ${odd.name} does not cover the same points as ${first.name}`,
    );
  }
}

/** Indexes of the first points at which every series has a value. */
function commonPoints(list: readonly Series[]): number[] {
  const indexes: number[] = [];
  const length = list[0]?.values.length ?? 0;
  for (let i = 0; i < length && indexes.length < decidingPoints; i++) {
    if (list.every(({ values }) => !Number.isNaN(values[i]))) indexes.push(i);
  }
  return indexes;
}

export const heatMap = defineFunction({
  name: 'heatMap',
  carbonapiOnly: true,
  group: 'Transform',
  params: [seriesList],
  description:
    'Orders series by their first values and subtracts from each the one before it: what lies ' +
    'between two limits, from series that count what lies below each.',
  examples: ['heatMap(app.latency.below.*)'],
  evaluate: ({ seriesList }) => {
    checkAlike(seriesList);
    const points = commonPoints(seriesList);
    const weight = ({ values }: Series): number => points.reduce((sum, i) => sum + values[i]!, 0);
    const ordered = rankSeries(seriesList, weight, 'ascending');
    return ordered.slice(1).map((series, index) => {
      const below = ordered[index]!;
      const values = series.values.slice();
      for (let i = 0; i < values.length; i++) values[i]! -= below.values[i]!;
      return derive(series, `heatMap(${series.name},${below.name})`, values);
    });
  },
});
