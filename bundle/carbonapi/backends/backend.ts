// The contract of a metric store behind the API. Our carbonserver, another carbonserver, graphite-web
// and an in-memory store for tests implement it; a new kind is one file and a line in index.ts.
import type { RawRange } from '../../wire/consolidation-request.ts';
import type { ColumnSource } from '../../wire/protobuf.ts';
import type { TimeWindow } from '../series.ts';

/** One found node of the metric tree. */
export interface FoundNode {
  /** Full dotted path, resolved (no globs). */
  path: string;
  isLeaf: boolean;
}

export interface FoundGlob {
  query: string;
  nodes: FoundNode[];
}

/** One fetched series, before it becomes a Series. */
export interface FetchedSeries {
  /** The resolved metric name; tagged series in `name;tag=value` form. */
  name: string;
  /** The requested path that this answers. */
  pathExpression: string;
  /** Time of values[0], unix seconds, aligned to step. */
  start: number;
  step: number;
  values: Float64Array;
  consolidate: string;
  xFilesFactor: number;
  /** What the series was before the store consolidated it; absent when it did not. */
  consolidatedFrom?: RawRange;
}

/** How many points the store read for `series`. */
export function pointsRead({ values, consolidatedFrom: raw }: FetchedSeries): number {
  return raw === undefined ? values.length : Math.round((raw.end - raw.start) / raw.step);
}

/** `points` as the store read them, of which `held` have come here. */
export type ReadCheck = (series: number, points: number, held: number) => void;

export interface StoreConsolidation {
  /** The most points of a series over its own range. */
  maxDataPoints: number;
  /** By which function those of a path are, where not by the one that they are stored with. */
  by: ReadonlyMap<string, string>;
}

export interface FetchRequest {
  /** Distinct path expressions, globs allowed. */
  paths: readonly string[];
  window: TimeWindow;
  /** The store may consolidate, and say so, as xFilesFactor 0 has it. Stores that cannot pass over it. */
  consolidation?: StoreConsolidation;
  signal?: AbortSignal;
  /** Where a store may take the memory of values from. */
  columns?: ColumnSource;
  /** Told now and then how much the answer has so far; ends the fetch by throwing. */
  check?: ReadCheck;
}

export interface MetricInfo {
  name: string;
  aggregationMethod: string;
  xFilesFactor: number;
  maxRetention: number;
  retentions: { secondsPerPoint: number; points: number }[];
}

export interface MetadataChange {
  metric: string;
  key: string;
  value: string;
}

/** What became of one change: graphite-web's field names. */
export type MetadataOutcome = { old_value: string; new_value: string } | { error: string };

export interface FetchAnswer {
  series: FetchedSeries[];
  /** What went wrong at some stores while others answered; shown as a response header. */
  warnings: string[];
}

/** Told what went wrong at some stores while others answered. */
export type Warn = (text: string) => void;

export interface Backend {
  readonly name: string;
  /** Series for every path that exists, in the order of `paths`; a path without match is no error. */
  fetch(request: FetchRequest): Promise<FetchAnswer>;
  /** Direct matches of each glob query. */
  find(
    queries: readonly string[],
    window?: TimeWindow,
    signal?: AbortSignal,
    warn?: Warn,
  ): Promise<FoundGlob[]>;
  info(metric: string, signal?: AbortSignal, warn?: Warn): Promise<MetricInfo | undefined>;
  /** Every metric name, in no order; tagged ones may be among them. */
  list(signal?: AbortSignal, warn?: Warn): Promise<string[]>;
  /** Changes metadata; outcomes by metric. Absent where the store cannot. */
  setMetadata?(
    changes: readonly MetadataChange[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, MetadataOutcome>>;
  tags: TagBackend;
  stop(): Promise<void>;
}

/** Queries over tagged series; expressions are graphite's: tag=value, !=, =~, !=~. */
export interface TagBackend {
  /** Names (`name;tag=value`) of matching series. */
  findSeries(expressions: readonly string[], signal?: AbortSignal, warn?: Warn): Promise<string[]>;
  tagNames(options: {
    expressions?: readonly string[];
    prefix?: string;
    limit?: number;
    regex?: string;
    signal?: AbortSignal;
    warn?: Warn;
  }): Promise<string[]>;
  tagValues(options: {
    tag: string;
    expressions?: readonly string[];
    prefix?: string;
    limit?: number;
    regex?: string;
    signal?: AbortSignal;
    warn?: Warn;
  }): Promise<{ value: string; count: number }[]>;
  delSeries(names: readonly string[]): Promise<boolean>;
}
