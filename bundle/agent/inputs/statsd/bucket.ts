// What is known under one name until the next flush.

export interface Timer {
  values: Float64Array;
  length: number;
  /** Corrected by sample rates. */
  count: number;
}

/** Everything known under one Graphite name; a name may be of several types at once. */
export interface Bucket {
  name: string;
  counter: number | undefined;
  timer: Timer | undefined;
  gauge: number | undefined;
  set: Set<string> | undefined;
  /** Flushes since a value last came. */
  idleFlushes: number;
  gaugeIdleFlushes: number;
}
