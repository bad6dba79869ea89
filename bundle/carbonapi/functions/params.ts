// Parameters that many functions share.
import { aggregationNames } from '../../points/aggregation.ts';

export const seriesList = { name: 'seriesList', type: 'seriesList', required: true } as const;

export const seriesLists = {
  name: 'seriesLists',
  type: 'seriesList',
  required: true,
  multiple: true,
} as const;

export const pairOfLists = [
  { name: 'seriesListFirstPos', type: 'seriesList', required: true },
  { name: 'seriesListSecondPos', type: 'seriesList', required: true },
] as const;

export const requiredAggregation = {
  name: 'func',
  type: 'aggFunc',
  required: true,
  options: aggregationNames,
} as const;

export const averageAggregation = {
  name: 'func',
  type: 'aggFunc',
  default: 'average',
  options: aggregationNames,
} as const;

export const sumAggregation = {
  name: 'func',
  type: 'aggFunc',
  default: 'sum',
  options: aggregationNames,
} as const;

export const optionalXFilesFactor = { name: 'xFilesFactor', type: 'float' } as const;
export const optionalNodes = { name: 'nodes', type: 'nodeOrTag', multiple: true } as const;
export const positions = { name: 'position', type: 'node', multiple: true } as const;

export const windowSize = {
  name: 'windowSize',
  type: 'intOrInterval',
  required: true,
  suggestions: [5, 7, 10, '1min', '5min', '10min', '30min', '1hour'],
} as const;

export const intervalString = {
  name: 'intervalString',
  type: 'interval',
  required: true,
  suggestions: ['10min', '1h', '1d'],
} as const;

export const requiredNumber = { name: 'n', type: 'float', required: true } as const;
export const requiredCount = { name: 'n', type: 'integer', required: true } as const;

const seriesCallbacks = [
  'asPercent',
  'averageSeries',
  'averageSeriesWithWildcards',
  'countSeries',
  'diffSeries',
  'diffSeriesLists',
  'maxSeries',
  'minSeries',
  'multiplySeries',
  'multiplySeriesLists',
  'multiplySeriesWithWildcards',
  'pct',
  'powSeries',
  'rangeOfSeries',
  'stddevSeries',
  'sumSeries',
  'sumSeriesLists',
  'sumSeriesWithWildcards',
] as const;

/** What the callbacks of groupByNode are chosen from; any function of one series list works. */
export const callbackNames: readonly string[] = [...aggregationNames, ...seriesCallbacks].sort();

export const factor = { name: 'factor', type: 'float', required: true } as const;

export const labelAndColor = [
  { name: 'label', type: 'string' },
  { name: 'color', type: 'string' },
] as const;
