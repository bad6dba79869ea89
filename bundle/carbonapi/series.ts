// One series as functions see it: columns, no objects per point. NaN is a missing point; only the
// output formats turn it into null.

import type { RawRange } from '../wire/consolidation-request.ts';

/** How points are put together when a series is shown coarser than it is (Graphite's names). */
export type ConsolidationName = string;

export interface Series {
  /** What a legend shows; functions rewrite it, `alias` replaces it. */
  name: string;
  /** The path expression or function call this came from, as written; naming rules use it. */
  pathExpression: string;
  /** Time of values[0], unix seconds. */
  start: number;
  /** Seconds from one value to the next, > 0. */
  step: number;
  /** Unix seconds where the series ends, exclusive: start + values.length * step, as a rule. */
  end: number;
  values: Float64Array;
  tags: Record<string, string>;
  /** Consolidation used by maxDataPoints and by functions that align steps; default "average". */
  consolidate: ConsolidationName;
  /** Share of non-null points that a consolidated point needs, 0..1. */
  xFilesFactor: number;
  /** What it was before the store consolidated it, if it did; `end` is then that of before. */
  consolidatedFrom?: RawRange;
  /** Display options set by graph functions (color, dashed, stacked, secondYAxis, lineWidth, …), read only by drawing. */
  options?: Readonly<Record<string, string | number | boolean>>;
}

/** A copy with other fields; values are shared unless given. Series are never changed in place. */
export function withSeries(series: Series, change: Partial<Series>): Series {
  return { ...series, ...change };
}

/** The time window of an evaluation, unix seconds; points are after `start` up to and including `end`. */
export interface TimeWindow {
  start: number;
  end: number;
}
