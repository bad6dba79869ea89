// pearson, pearsonClosest, kolmogorovSmirnovTest2 (carbonapi): how alike series are.
import { OperatingError } from '../../../core/errors.ts';
import type { Series } from '../../series.ts';
import { sortedPresent } from '../aggregation.ts';
import { kolmogorovSmirnov, pearsonCorrelation } from '../correlation.ts';
import { defineFunction } from '../define.ts';
import { derive, missing } from '../derive.ts';
import { requiredCount, seriesList } from '../params.ts';
import { firstOf, rankSeries } from '../ranking.ts';

// carbonapi calls both lists seriesList; only by position can they be told apart.
const otherSeriesList = {
  name: 'otherSeriesList',
  shownAs: 'seriesList',
  type: 'seriesList',
  required: true,
} as const;

function onlyOne(list: Series[], functionName: string): Series {
  const [only] = list;
  if (only !== undefined && list.length === 1) return only;
  throw new OperatingError(
    'bad-argument',
    `${functionName}: each argument must be exactly one series, not ${list.length}`,
  );
}

/** `compare` of each window of the last `points` points, from index `first` on. */
function alongWindows(
  length: number,
  points: number,
  first: number,
  compare: (from: number, to: number) => number,
): Float64Array {
  const values = missing(length);
  for (let i = first; i < length; i++) values[i] = compare(i - points + 1, i + 1);
  return values;
}

function checkWindow(points: number, functionName: string): void {
  if (points < 1) throw new OperatingError('bad-argument', `${functionName}: the window is empty`);
}

export const pearson = defineFunction({
  name: 'pearson',
  carbonapiOnly: true,
  group: 'Transform',
  params: [seriesList, otherSeriesList, { name: 'windowSize', type: 'integer', required: true }],
  description:
    'How two series move together over the last `windowSize` points: 1 the same way, -1 the ' +
    'opposite way, 0 without relation.',
  examples: ['pearson(app.requests.count, servers.web01.load.shortterm, 60)'],
  evaluate: ({ seriesList, otherSeriesList, windowSize }, { window }) => {
    checkWindow(windowSize, 'pearson');
    const a = onlyOne(seriesList, 'pearson');
    const b = onlyOne(otherSeriesList, 'pearson');
    const values = alongWindows(a.values.length, windowSize, windowSize - 1, (from, to) =>
      pearsonCorrelation(a.values, b.values, from, to),
    );
    const result = derive(a, `pearson(${a.name},${b.name},${windowSize})`, values);
    return [{ ...result, start: window.start, end: window.start + values.length * a.step }];
  },
});

export const pearsonClosest = defineFunction({
  name: 'pearsonClosest',
  carbonapiOnly: true,
  group: 'Transform',
  params: [
    seriesList,
    otherSeriesList,
    requiredCount,
    {
      name: 'direction',
      type: 'string',
      required: true,
      assumed: 'abs',
      options: ['abs', 'pos', 'neg'],
    },
  ],
  description:
    'The `n` series of the second list that move most like the one series of the first: either ' +
    'way (`"abs"`), the same way (`"pos"`) or the opposite way (`"neg"`).',
  examples: ['pearsonClosest(app.requests.count, servers.*.load.shortterm, 3, "pos")'],
  evaluate: ({ seriesList, otherSeriesList, n, direction }) => {
    const reference = onlyOne(seriesList, 'pearsonClosest').values;
    const correlations = new Map(
      otherSeriesList
        .filter(({ values }) => values.length === reference.length)
        .map((series) => [series, pearsonCorrelation(reference, series.values)]),
    );
    const closeness = (series: Series): number => {
      const correlation = correlations.get(series) ?? Number.NaN;
      if (direction === 'abs') return Math.abs(correlation);
      return direction === 'pos' ? correlation : -correlation;
    };
    const related = otherSeriesList.filter((series) => closeness(series) >= 0);
    return firstOf(rankSeries(related, closeness, 'descending'), Math.max(0, n));
  },
});

export const kolmogorovSmirnovTest2 = defineFunction({
  name: 'kolmogorovSmirnovTest2',
  aliases: ['ksTest2'],
  carbonapiOnly: true,
  group: 'Transform',
  params: [seriesList, otherSeriesList, { name: 'window', type: 'integer', required: true }],
  description:
    'How likely the last `window` points of two series are to come from one distribution (the ' +
    'Kolmogorov-Smirnov test of two samples): near 0 they differ.',
  examples: ['kolmogorovSmirnovTest2(app.latency.old, app.latency.new, 60)'],
  evaluate: ({ seriesList, otherSeriesList, window: points }, { window }) => {
    checkWindow(points, 'kolmogorovSmirnovTest2');
    const a = onlyOne(seriesList, 'kolmogorovSmirnovTest2');
    const b = onlyOne(otherSeriesList, 'kolmogorovSmirnovTest2');
    const length = Math.min(a.values.length, b.values.length);
    const values = alongWindows(length, points, points, (from, to) =>
      kolmogorovSmirnov(sortedPresent(a.values, from, to), sortedPresent(b.values, from, to)),
    );
    const result = derive(a, `kolmogorovSmirnovTest2(${a.name},${b.name},${points})`, values);
    return [{ ...result, start: window.start, end: window.start + length * a.step }];
  },
});
