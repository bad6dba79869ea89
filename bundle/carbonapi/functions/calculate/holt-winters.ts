// Holt-Winters triple exponential smoothing: forecast, confidence bands, aberration.
import { parseInterval } from '../../expression/time-range.ts';
import { type Series, type TimeWindow, withSeries } from '../../series.ts';
import { areaOf } from '../area.ts';
import { defineFunction } from '../define.ts';
import { createSeries, missing } from '../derive.ts';
import { seriesList } from '../params.ts';

const levelWeight = 0.1;
const slopeWeight = 0.0035;
const seasonWeight = 0.1;

interface Analysis {
  predictions: Float64Array;
  deviations: Float64Array;
}

/** Predicts each point from those before it; `season` is the number of points in one season. */
function analyse(values: Float64Array, season: number): Analysis {
  const { length } = values;
  const levels = missing(length);
  const slopes = new Float64Array(length);
  const seasonals = new Float64Array(length);
  const predictions = missing(length);
  const deviations = new Float64Array(length);
  let nextPrediction = Number.NaN;
  for (let i = 0; i < length; i++) {
    const actual = values[i]!;
    if (Number.isNaN(actual)) {
      predictions[i] = nextPrediction;
      nextPrediction = Number.NaN;
      continue;
    }
    const knownLevel = i === 0 ? actual : levels[i - 1]!;
    const lastLevel = !Number.isNaN(knownLevel) ? knownLevel : actual;
    const lastSlope = i === 0 ? 0 : slopes[i - 1]!;
    const prediction = i === 0 ? actual : nextPrediction;
    const seasonal = i >= season ? seasonals[i - season]! : 0;
    const nextSeasonal = i + 1 >= season ? seasonals[i + 1 - season]! : 0;
    const lastDeviation = i >= season ? deviations[i - season]! : 0;
    const level = levelWeight * (actual - seasonal) + (1 - levelWeight) * (lastLevel + lastSlope);
    const slope = slopeWeight * (level - lastLevel) + (1 - slopeWeight) * lastSlope;
    const error = Math.abs(actual - (!Number.isNaN(prediction) ? prediction : 0));
    levels[i] = level;
    slopes[i] = slope;
    seasonals[i] = seasonWeight * (actual - level) + (1 - seasonWeight) * seasonal;
    predictions[i] = prediction;
    deviations[i] = seasonWeight * error + (1 - seasonWeight) * lastDeviation;
    nextPrediction = level + slope + nextSeasonal;
  }
  return { predictions, deviations };
}

interface Forecast extends Analysis {
  series: Series;
  start: number;
}

const bootstrapParam = {
  name: 'bootstrapInterval',
  type: 'interval',
  default: '7d',
  suggestions: ['7d', '30d'],
} as const;
const seasonParam = {
  name: 'seasonality',
  type: 'interval',
  default: '1d',
  suggestions: ['1d', '7d'],
} as const;
const deltaParam = { name: 'delta', type: 'integer', default: 3, acceptsOther: true } as const;
const bandParams = [seriesList, deltaParam, bootstrapParam, seasonParam] as const;

function bootstrapRange(
  { bootstrapInterval }: { bootstrapInterval: string },
  { window: { start, end } }: { window: TimeWindow },
): TimeWindow {
  return { start: start - parseInterval(bootstrapInterval), end };
}

/** Analyses series that begin `bootstrap` before the window, and keeps what lies in the window. */
function forecast(list: Series[], bootstrap: string, seasonality: string): Forecast[] {
  const seconds = parseInterval(bootstrap);
  return list.map((series) => {
    const season = Math.max(2, Math.floor(parseInterval(seasonality) / series.step));
    const { predictions, deviations } = analyse(series.values, season);
    const skipped = Math.floor(seconds / series.step);
    return {
      series,
      start: series.start + seconds,
      predictions: predictions.subarray(skipped),
      deviations: deviations.subarray(skipped),
    };
  });
}

function made(
  { series, start }: Forecast,
  name: string,
  values: Float64Array,
  tags: Record<string, string>,
): Series {
  const { end, step, xFilesFactor } = series;
  return createSeries({
    name,
    start,
    end,
    step,
    values,
    xFilesFactor,
    tags: { ...series.tags, ...tags },
  });
}

const analysisTags = { holtWintersForecast: '1', holtWintersDeviation: '1' };

export const holtWintersForecast = defineFunction({
  name: 'holtWintersForecast',
  perSeries: true,
  group: 'Calculate',
  params: [seriesList, bootstrapParam, seasonParam],
  description:
    'What Holt-Winters smoothing expects at each point, having learnt level, trend and season ' +
    'from `bootstrapInterval` before the window on.',
  examples: ['holtWintersForecast(app.sales.count, "14d", "7d")'],
  fetchRange: bootstrapRange,
  evaluate: ({ seriesList, bootstrapInterval, seasonality }) =>
    forecast(seriesList, bootstrapInterval, seasonality).map((each) =>
      made(each, `holtWintersForecast(${each.series.name})`, each.predictions, analysisTags),
    ),
});

/** Lower and upper band of each series, one after the other. */
function confidenceBands(
  list: Series[],
  delta: number,
  bootstrap: string,
  seasonality: string,
): Series[] {
  return forecast(list, bootstrap, seasonality).flatMap((each) => {
    const { predictions, deviations, series } = each;
    const lower = missing(predictions.length);
    const upper = missing(predictions.length);
    for (let i = 0; i < predictions.length; i++) {
      const margin = delta * deviations[i]!;
      lower[i] = predictions[i]! - margin;
      upper[i] = predictions[i]! + margin;
    }
    const tags = {
      ...analysisTags,
      holtWintersConfidenceUpper: '1',
      holtWintersConfidenceLower: '1',
    };
    const band = (which: string, values: Float64Array): Series => ({
      ...made(each, `holtWintersConfidence${which}(${series.name})`, values, tags),
      pathExpression: series.pathExpression,
    });
    return [band('Lower', lower), band('Upper', upper)];
  });
}

export const holtWintersConfidenceBands = defineFunction({
  name: 'holtWintersConfidenceBands',
  perSeries: true,
  group: 'Calculate',
  params: bandParams,
  description:
    'Two series for each: the Holt-Winters forecast minus and plus `delta` times the deviation ' +
    'seen so far.',
  examples: ['holtWintersConfidenceBands(app.sales.count, 3)'],
  fetchRange: bootstrapRange,
  evaluate: ({ seriesList, delta, bootstrapInterval, seasonality }) =>
    confidenceBands(seriesList, delta, bootstrapInterval, seasonality),
});

export const holtWintersConfidenceArea = defineFunction({
  name: 'holtWintersConfidenceArea',
  group: 'Calculate',
  params: bandParams,
  description: 'The Holt-Winters confidence bands of one series as an area.',
  examples: ['holtWintersConfidenceArea(app.sales.count, 3)'],
  fetchRange: bootstrapRange,
  evaluate: ({ seriesList, delta, bootstrapInterval, seasonality }) => {
    const bands = confidenceBands(seriesList, delta, bootstrapInterval, seasonality);
    return areaOf(bands, 'holtWintersConfidenceArea').map((series) =>
      withSeries(series, { pathExpression: series.name }),
    );
  },
});

export const holtWintersAberration = defineFunction({
  name: 'holtWintersAberration',
  group: 'Calculate',
  params: bandParams,
  description:
    'How far each point lies above or (negative) below the Holt-Winters confidence bands; 0 within.',
  examples: ['holtWintersAberration(app.sales.count, 3)'],
  evaluate: async ({ seriesList, delta, bootstrapInterval, seasonality }, context) => {
    const range = bootstrapRange({ bootstrapInterval }, context);
    const longer = await context.evaluateArgument('seriesList', range);
    const bands = confidenceBands(longer, delta, bootstrapInterval, seasonality);
    const byName = new Map(bands.map((series) => [series.name, series.values]));
    return seriesList.map((series) => {
      const lower = byName.get(`holtWintersConfidenceLower(${series.name})`) ?? missing(0);
      const upper = byName.get(`holtWintersConfidenceUpper(${series.name})`) ?? missing(0);
      const values = new Float64Array(series.values.length);
      for (let i = 0; i < values.length; i++) {
        const value = series.values[i]!;
        if (value > upper[i]!) values[i] = value - upper[i]!;
        else if (value < lower[i]!) values[i] = value - lower[i]!;
      }
      const { start, end, step, xFilesFactor } = series;
      return createSeries({
        name: `holtWintersAberration(${series.name})`,
        start,
        end,
        step,
        values,
        xFilesFactor,
        tags: { ...series.tags, holtWintersAberration: '1' },
      });
    });
  },
});
