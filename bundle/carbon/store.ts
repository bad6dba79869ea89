// The contract between carbon's parts: receivers put points in, carbonserver and carbonlink read
// them out, the index knows which series exist.

/** Where accepted points go. The hot path hands over bytes, not strings: see receivers/receiver.ts. */
export interface CachedPoints {
  /** Unix seconds, in the order received. */
  times: Float64Array;
  values: Float64Array;
}

export interface FetchedMetric {
  /** Time of values[0], aligned to step. */
  start: number;
  step: number;
  /** NaN where there is no point. */
  values: Float64Array;
  aggregationMethod: string;
  xFilesFactor: number;
}

export interface MetricInformation {
  name: string;
  aggregationMethod: string;
  xFilesFactor: number;
  maxRetention: number;
  retentions: { secondsPerPoint: number; points: number }[];
}

/** Reading side of the store: cache and disk merged. */
export interface MetricReader {
  /**
   * Points after `from` up to and including `until` (unix seconds) in the archive whose retention
   * reaches `from`, cached points laid over those on disk. Undefined when there is no such metric.
   */
  fetch(metric: string, from: number, until: number, now: number): FetchedMetric | undefined;
  info(metric: string): MetricInformation | undefined;
  /** Points of the metric that are not on disk yet. */
  cached(metric: string): CachedPoints;
}

export interface IndexNode {
  path: string;
  isLeaf: boolean;
}

/** The names of all series. Names are normalised: no empty node; tagged ones sorted by tag name. */
export interface MetricIndex {
  readonly size: number;
  /** Makes `metric` findable at once; adding twice is harmless. */
  add(metric: string): void;
  remove(metric: string): boolean;
  has(metric: string): boolean;
  /**
   * Nodes that match a glob (`* ? [..] {a,b}` nested, `**`). Throws an OperatingError with code
   * `too-many-matches` rather than cutting the answer.
   */
  find(query: string, limit?: number): IndexNode[];
  /** Every metric, in no order. */
  names(): Iterable<string>;
}
