// The list of every Graphite function; a new one is a file and two lines here.

import { alias } from './alias/alias.ts';
import { aliasByBase64 } from './alias/alias-by-base64.ts';
import { aliasByPostgres, aliasByRedis } from './alias/alias-by-database.ts';
import { aliasByMetric } from './alias/alias-by-metric.ts';
import { aliasByNode, aliasByTags } from './alias/alias-by-node.ts';
import { aliasQuery } from './alias/alias-query.ts';
import { aliasSub } from './alias/alias-sub.ts';
import { lower, upper } from './alias/change-case.ts';
import { legendValue } from './alias/legend-value.ts';
import { aggregateLine } from './calculate/aggregate-line.ts';
import { baseline, baselineAberration } from './calculate/baseline.ts';
import { exponentialWeightedMovingAverage } from './calculate/ewma.ts';
import { exponentialMovingAverage } from './calculate/exponential-moving-average.ts';
import {
  holtWintersAberration,
  holtWintersConfidenceArea,
  holtWintersConfidenceBands,
  holtWintersForecast,
} from './calculate/holt-winters.ts';
import { identity } from './calculate/identity.ts';
import { linearRegression } from './calculate/linear-regression.ts';
import {
  movingAverage,
  movingMax,
  movingMedian,
  movingMin,
  movingSum,
  movingWindow,
} from './calculate/moving-window.ts';
import { nPercentile } from './calculate/n-percentile.ts';
import { stdev } from './calculate/stdev.ts';
import {
  aggregate,
  averageSeries,
  diffSeries,
  maxSeries,
  minSeries,
  multiplySeries,
  rangeOfSeries,
  stddevSeries,
  sumSeries,
} from './combine/aggregate.ts';
import { applyByNode } from './combine/apply-by-node.ts';
import { asPercent } from './combine/as-percent.ts';
import { count } from './combine/count.ts';
import { countSeries } from './combine/count-series.ts';
import { countValues } from './combine/count-values.ts';
import { divideSeries, divideSeriesLists } from './combine/divide-series.ts';
import { group } from './combine/group.ts';
import { groupByNode, groupByNodes, groupByTags } from './combine/group-by-node.ts';
import { isNotNull } from './combine/is-not-null.ts';
import { mapSeries } from './combine/map-series.ts';
import { percentileOfSeries } from './combine/percentile-of-series.ts';
import { polyfit } from './combine/polyfit.ts';
import { powSeries } from './combine/pow-series.ts';
import { powSeriesLists } from './combine/pow-series-lists.ts';
import { reduceSeries } from './combine/reduce-series.ts';
import {
  aggregateSeriesLists,
  diffSeriesLists,
  multiplySeriesLists,
  sumSeriesLists,
} from './combine/series-lists.ts';
import { weightedAverage } from './combine/weighted-average.ts';
import {
  aggregateWithWildcards,
  averageSeriesWithWildcards,
  multiplySeriesWithWildcards,
  sumSeriesWithWildcards,
} from './combine/with-wildcards.ts';
import type { FunctionDefinition } from './define.ts';
import {
  removeAbovePercentile,
  removeAboveValue,
  removeBelowPercentile,
  removeBelowValue,
} from './filter-data/remove-by-value.ts';
import { averageOutsidePercentile } from './filter-series/average-outside-percentile.ts';
import {
  averageAbove,
  averageBelow,
  currentAbove,
  currentBelow,
  filterSeries,
  maximumAbove,
  maximumBelow,
  minimumAbove,
  minimumBelow,
} from './filter-series/filter-by-value.ts';
import { exclude, grep } from './filter-series/grep.ts';
import {
  highest,
  highestAverage,
  highestCurrent,
  highestMax,
  highestMin,
  lowest,
  lowestAverage,
  lowestCurrent,
  lowestMax,
  lowestMin,
} from './filter-series/highest-lowest.ts';
import { limit } from './filter-series/limit.ts';
import { mostDeviant } from './filter-series/most-deviant.ts';
import { removeBetweenPercentile } from './filter-series/remove-between-percentile.ts';
import { removeEmptySeries } from './filter-series/remove-empty-series.ts';
import { removeZeroSeries } from './filter-series/remove-zero-series.ts';
import { unique } from './filter-series/unique.ts';
import { useSeriesAbove } from './filter-series/use-series-above.ts';
import { areaBetween } from './graph/area-between.ts';
import {
  alpha,
  color,
  dashed,
  drawAsInfinite,
  lineWidth,
  secondYAxis,
} from './graph/line-style.ts';
import { stacked } from './graph/stacked.ts';
import { threshold } from './graph/threshold.ts';
import { verticalLine } from './graph/vertical-line.ts';
import { sortBy, sortByMaxima, sortByMinima, sortByTotal } from './sorting/sort-by.ts';
import { sortByName } from './sorting/sort-by-name.ts';
import { cactiStyle } from './special/cacti-style.ts';
import { changed } from './special/changed.ts';
import { consolidateBy, cumulative } from './special/consolidate-by.ts';
import { constantLine } from './special/constant-line.ts';
import { events } from './special/events.ts';
import { fallbackSeries } from './special/fallback-series.ts';
import { randomWalk } from './special/random-walk.ts';
import { seriesByTag } from './special/series-by-tag.ts';
import { setXFilesFactor } from './special/set-x-files-factor.ts';
import { substr } from './special/substr.ts';
import { absolute } from './transform/absolute.ts';
import { add } from './transform/add.ts';
import { compressPeriodicGaps } from './transform/compress-periodic-gaps.ts';
import { nonNegativeDerivative, perSecond } from './transform/counter-growth.ts';
import { delay } from './transform/delay.ts';
import { derivative } from './transform/derivative.ts';
import { exp } from './transform/exp.ts';
import { fft, ifft } from './transform/fft.ts';
import { heatMap } from './transform/heat-map.ts';
import { hitcount } from './transform/hitcount.ts';
import { integral } from './transform/integral.ts';
import { integralByInterval } from './transform/integral-by-interval.ts';
import { integralWithReset } from './transform/integral-with-reset.ts';
import { interpolate } from './transform/interpolate.ts';
import { invert } from './transform/invert.ts';
import { isNonNull } from './transform/is-non-null.ts';
import { join } from './transform/join.ts';
import { keepLastValue } from './transform/keep-last-value.ts';
import { kolmogorovSmirnovTest2 } from './transform/kolmogorov-smirnov-test.ts';
import { log, logarithm } from './transform/logarithm.ts';
import { logit } from './transform/logit.ts';
import { lowPass } from './transform/low-pass.ts';
import { minMax } from './transform/min-max.ts';
import { offset } from './transform/offset.ts';
import { offsetToZero } from './transform/offset-to-zero.ts';
import { pearson } from './transform/pearson.ts';
import { pearsonClosest } from './transform/pearson-closest.ts';
import { pow } from './transform/pow.ts';
import { round } from './transform/round.ts';
import { scale } from './transform/scale.ts';
import { scaleAfterTimestamp } from './transform/scale-after-timestamp.ts';
import { scaleToSeconds } from './transform/scale-to-seconds.ts';
import { sigmoid } from './transform/sigmoid.ts';
import { slo, sloErrorBudget } from './transform/slo.ts';
import { squareRoot } from './transform/square-root.ts';
import { smartSummarize, summarize } from './transform/summarize.ts';
import { sin, time } from './transform/time-function.ts';
import { timeShift, timeStack } from './transform/time-shift.ts';
import { timeShiftByMetric } from './transform/time-shift-by-metric.ts';
import { timeSlice } from './transform/time-slice.ts';
import { transformNull } from './transform/transform-null.ts';
import { tukeyAbove, tukeyBelow } from './transform/tukey.ts';

/** Every function once, by group. */
export const allFunctions: readonly FunctionDefinition[] = [
  // alias
  aliasByBase64,
  aliasByPostgres,
  aliasByRedis,
  aliasByMetric,
  aliasByNode,
  aliasByTags,
  aliasQuery,
  aliasSub,
  alias,
  lower,
  upper,
  legendValue,
  // calculate
  aggregateLine,
  baseline,
  baselineAberration,
  exponentialWeightedMovingAverage,
  exponentialMovingAverage,
  holtWintersAberration,
  holtWintersConfidenceArea,
  holtWintersConfidenceBands,
  holtWintersForecast,
  identity,
  linearRegression,
  movingAverage,
  movingMax,
  movingMedian,
  movingMin,
  movingSum,
  movingWindow,
  nPercentile,
  stdev,
  // combine
  aggregate,
  averageSeries,
  diffSeries,
  maxSeries,
  minSeries,
  multiplySeries,
  rangeOfSeries,
  stddevSeries,
  sumSeries,
  applyByNode,
  asPercent,
  countSeries,
  countValues,
  count,
  divideSeries,
  divideSeriesLists,
  groupByNode,
  groupByNodes,
  groupByTags,
  group,
  isNotNull,
  mapSeries,
  percentileOfSeries,
  polyfit,
  powSeriesLists,
  powSeries,
  reduceSeries,
  aggregateSeriesLists,
  diffSeriesLists,
  multiplySeriesLists,
  sumSeriesLists,
  weightedAverage,
  aggregateWithWildcards,
  averageSeriesWithWildcards,
  multiplySeriesWithWildcards,
  sumSeriesWithWildcards,
  // filter data
  removeAbovePercentile,
  removeAboveValue,
  removeBelowPercentile,
  removeBelowValue,
  // filter series
  averageOutsidePercentile,
  averageAbove,
  averageBelow,
  currentAbove,
  currentBelow,
  filterSeries,
  maximumAbove,
  maximumBelow,
  minimumAbove,
  minimumBelow,
  exclude,
  grep,
  highest,
  highestAverage,
  highestCurrent,
  highestMax,
  highestMin,
  lowest,
  lowestAverage,
  lowestCurrent,
  lowestMax,
  lowestMin,
  limit,
  mostDeviant,
  removeBetweenPercentile,
  removeEmptySeries,
  removeZeroSeries,
  unique,
  useSeriesAbove,
  // graph
  areaBetween,
  alpha,
  color,
  dashed,
  drawAsInfinite,
  lineWidth,
  secondYAxis,
  stacked,
  threshold,
  verticalLine,
  // sorting
  sortByName,
  sortBy,
  sortByMaxima,
  sortByMinima,
  sortByTotal,
  // special
  cactiStyle,
  changed,
  consolidateBy,
  cumulative,
  constantLine,
  events,
  fallbackSeries,
  randomWalk,
  seriesByTag,
  setXFilesFactor,
  substr,
  // transform
  absolute,
  add,
  compressPeriodicGaps,
  nonNegativeDerivative,
  perSecond,
  delay,
  derivative,
  exp,
  fft,
  ifft,
  heatMap,
  hitcount,
  integralByInterval,
  integralWithReset,
  integral,
  interpolate,
  invert,
  isNonNull,
  join,
  keepLastValue,
  kolmogorovSmirnovTest2,
  log,
  logarithm,
  logit,
  lowPass,
  minMax,
  offsetToZero,
  offset,
  pearsonClosest,
  pearson,
  pow,
  round,
  scaleAfterTimestamp,
  scaleToSeconds,
  scale,
  sigmoid,
  slo,
  sloErrorBudget,
  squareRoot,
  smartSummarize,
  summarize,
  sin,
  time,
  timeShiftByMetric,
  timeShift,
  timeStack,
  timeSlice,
  transformNull,
  tukeyAbove,
  tukeyBelow,
];

const byName = new Map<string, FunctionDefinition>();
for (const definition of allFunctions) {
  const names = [
    definition.name,
    ...(definition.aliases ?? []),
    ...(definition.carbonapiAliases ?? []),
  ];
  for (const name of names) byName.set(name, definition);
}

/** The function called `name`, by its own name or an alias; undefined if there is none. */
export function functionNamed(name: string): FunctionDefinition | undefined {
  return byName.get(name);
}
