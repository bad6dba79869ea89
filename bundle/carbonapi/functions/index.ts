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
import {
  holtWintersAberration,
  holtWintersConfidenceArea,
  holtWintersConfidenceBands,
  holtWintersForecast,
} from './calculate/holt-winters.ts';
import { identity } from './calculate/identity.ts';
import { linearRegression } from './calculate/linear-regression.ts';
import {
  exponentialMovingAverage,
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
import { mapSeries, reduceSeries } from './combine/map-reduce.ts';
import { percentileOfSeries } from './combine/percentile-of-series.ts';
import { polyfit } from './combine/polyfit.ts';
import { powSeries } from './combine/pow-series.ts';
import { powSeriesLists } from './combine/pow-series-lists.ts';
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
import { exclude, grep, limit, unique } from './filter-series/by-name.ts';
import {
  averageOutsidePercentile,
  mostDeviant,
  removeBetweenPercentile,
} from './filter-series/by-spread.ts';
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
import { removeEmptySeries } from './filter-series/remove-empty-series.ts';
import { removeZeroSeries } from './filter-series/remove-zero-series.ts';
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
import { threshold, verticalLine } from './graph/lines.ts';
import { stacked } from './graph/stacked.ts';
import { sortBy, sortByMaxima, sortByMinima, sortByTotal } from './sorting/sort-by.ts';
import { sortByName } from './sorting/sort-by-name.ts';
import { cactiStyle } from './special/cacti-style.ts';
import { changed } from './special/changed.ts';
import { consolidateBy, cumulative, setXFilesFactor } from './special/consolidation.ts';
import { constantLine } from './special/constant-line.ts';
import { events } from './special/events.ts';
import { fallbackSeries } from './special/fallback-series.ts';
import { randomWalk } from './special/random-walk.ts';
import { seriesByTag } from './special/series-by-tag.ts';
import { substr } from './special/substr.ts';
import {
  absolute,
  add,
  exp,
  invert,
  logit,
  offset,
  pow,
  scale,
  sigmoid,
  squareRoot,
} from './transform/arithmetic.ts';
import { compressPeriodicGaps } from './transform/compress-periodic-gaps.ts';
import { kolmogorovSmirnovTest2, pearson, pearsonClosest } from './transform/correlate.ts';
import { delay, derivative, nonNegativeDerivative, perSecond } from './transform/derivative.ts';
import { fft, ifft } from './transform/fft.ts';
import { interpolate, isNonNull, keepLastValue, transformNull } from './transform/fill-gaps.ts';
import { heatMap } from './transform/heat-map.ts';
import { hitcount } from './transform/hitcount.ts';
import { integral, integralByInterval } from './transform/integral.ts';
import { integralWithReset } from './transform/integral-with-reset.ts';
import { join } from './transform/join.ts';
import { log, logarithm } from './transform/logarithm.ts';
import { lowPass } from './transform/low-pass.ts';
import { minMax, offsetToZero } from './transform/offset-to-zero.ts';
import { round } from './transform/round.ts';
import { scaleAfterTimestamp } from './transform/scale-after-timestamp.ts';
import { scaleToSeconds } from './transform/scale-to-seconds.ts';
import { slo, sloErrorBudget } from './transform/slo.ts';
import { smartSummarize, summarize } from './transform/summarize.ts';
import { sin, time } from './transform/time-function.ts';
import { timeShift, timeStack } from './transform/time-shift.ts';
import { timeShiftByMetric } from './transform/time-shift-by-metric.ts';
import { timeSlice } from './transform/time-slice.ts';
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
  holtWintersAberration,
  holtWintersConfidenceArea,
  holtWintersConfidenceBands,
  holtWintersForecast,
  identity,
  linearRegression,
  exponentialMovingAverage,
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
  reduceSeries,
  percentileOfSeries,
  polyfit,
  powSeriesLists,
  powSeries,
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
  exclude,
  grep,
  limit,
  unique,
  averageOutsidePercentile,
  mostDeviant,
  removeBetweenPercentile,
  averageAbove,
  averageBelow,
  currentAbove,
  currentBelow,
  filterSeries,
  maximumAbove,
  maximumBelow,
  minimumAbove,
  minimumBelow,
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
  removeEmptySeries,
  removeZeroSeries,
  useSeriesAbove,
  // graph
  areaBetween,
  alpha,
  color,
  dashed,
  drawAsInfinite,
  lineWidth,
  secondYAxis,
  threshold,
  verticalLine,
  stacked,
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
  setXFilesFactor,
  constantLine,
  events,
  fallbackSeries,
  randomWalk,
  seriesByTag,
  substr,
  // transform
  absolute,
  add,
  exp,
  invert,
  logit,
  offset,
  pow,
  scale,
  sigmoid,
  squareRoot,
  compressPeriodicGaps,
  kolmogorovSmirnovTest2,
  pearson,
  pearsonClosest,
  delay,
  derivative,
  nonNegativeDerivative,
  perSecond,
  fft,
  ifft,
  interpolate,
  isNonNull,
  keepLastValue,
  transformNull,
  heatMap,
  hitcount,
  integralWithReset,
  integral,
  integralByInterval,
  join,
  log,
  logarithm,
  lowPass,
  minMax,
  offsetToZero,
  round,
  scaleAfterTimestamp,
  scaleToSeconds,
  slo,
  sloErrorBudget,
  smartSummarize,
  summarize,
  sin,
  time,
  timeShiftByMetric,
  timeShift,
  timeStack,
  timeSlice,
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
