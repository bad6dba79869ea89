// What has arrived since the last flush, by name. Bounded in names, in timer values and in set members;
// what is over a bound is counted, not kept.
import type { Bucket } from './bucket.ts';
import { graphiteName } from './metric-name.ts';
import { NameTable } from './name-table.ts';
import type { DogEvent, PacketSink } from './packet.ts';

export interface AggregateLimits {
  /** Distinct names, all types together. */
  namesMax: number;
  /** Values one timer keeps for its percentiles until the next flush. */
  timerValuesMax: number;
  /** Distinct members one set keeps until the next flush. */
  setMembersMax: number;
}

export interface AggregateCounts {
  metrics: number;
  badLines: number;
  /** Values dropped because a bound was reached. */
  overLimit: number;
}

// Fresh enough for a day of names that come and go; the spelling cache is only a short cut.
const spellingsPerName = 4;

export class Aggregate implements PacketSink {
  readonly buckets = new Map<string, Bucket>();
  /** Buckets by the bytes of plain names, for packet-bytes.ts. */
  readonly names = new NameTable();
  readonly counts: AggregateCounts = { metrics: 0, badLines: 0, overLimit: 0 };
  readonly #limits: AggregateLimits;
  readonly #onEvent: (event: DogEvent) => void;
  readonly #onBadLine: (line: string, reason: string) => void;
  /** Bucket by the name as clients spell it, to clean each spelling once. */
  readonly #spellings = new Map<string, Bucket>();

  constructor(
    limits: AggregateLimits,
    onEvent: (event: DogEvent) => void,
    onBadLine: (line: string, reason: string) => void,
  ) {
    this.#limits = limits;
    this.#onEvent = onEvent;
    this.#onBadLine = onBadLine;
  }

  /** The bucket called `name` (a Graphite name), made if need be; undefined at the limit. */
  bucketNamed(name: string): Bucket | undefined {
    let bucket = this.buckets.get(name);
    if (bucket === undefined) {
      if (this.buckets.size >= this.#limits.namesMax) return undefined;
      bucket = {
        name,
        counter: undefined,
        timer: undefined,
        gauge: undefined,
        set: undefined,
        idleFlushes: 0,
        gaugeIdleFlushes: 0,
      };
      this.buckets.set(name, bucket);
    }
    return bucket;
  }

  /** Forgets a bucket and every spelling that led to it. */
  forget(bucket: Bucket): void {
    this.buckets.delete(bucket.name);
    this.#spellings.clear();
    this.names.clear();
  }

  /** The bucket that `spelled` (without tags) led to, if it has come before. */
  bucketSpelled(spelled: string): Bucket | undefined {
    return this.#spellings.get(spelled);
  }

  #bucketFor(spelled: string, tags: string): Bucket | undefined {
    const spelling = tags === '' ? spelled : `${spelled}|#${tags}`;
    let bucket = this.#spellings.get(spelling);
    if (bucket === undefined) {
      const name = graphiteName(spelled, tags);
      if (name === '') {
        this.badLine(spelled, 'nothing is left of the name');
        return undefined;
      }
      bucket = this.bucketNamed(name);
      if (bucket === undefined) {
        this.counts.overLimit += 1;
        return undefined;
      }
      if (this.#spellings.size >= this.#limits.namesMax * spellingsPerName) {
        this.#spellings.clear();
        this.names.clear();
      }
      this.#spellings.set(spelling, bucket);
    }
    return bucket;
  }

  line(): void {
    this.counts.metrics += 1;
  }

  counter(spelled: string, tags: string, value: number, rate: number): void {
    const bucket = this.#bucketFor(spelled, tags);
    if (bucket !== undefined) this.addCounter(bucket, value, rate);
  }

  addCounter(bucket: Bucket, value: number, rate: number): void {
    bucket.idleFlushes = 0;
    bucket.counter = (bucket.counter ?? 0) + value / rate;
  }

  timer(spelled: string, tags: string, value: number, rate: number): void {
    const bucket = this.#bucketFor(spelled, tags);
    if (bucket !== undefined) this.addTimer(bucket, value, rate);
  }

  addTimer(bucket: Bucket, value: number, rate: number): void {
    bucket.idleFlushes = 0;
    bucket.timer ??= { values: new Float64Array(8), length: 0, count: 0 };
    const timer = bucket.timer;
    timer.count += 1 / rate;
    if (timer.length >= this.#limits.timerValuesMax) {
      this.counts.overLimit += 1;
      return;
    }
    if (timer.length === timer.values.length) {
      const grown = new Float64Array(timer.length * 2);
      grown.set(timer.values);
      timer.values = grown;
    }
    timer.values[timer.length] = value;
    timer.length += 1;
  }

  gauge(spelled: string, tags: string, value: number, isChange: boolean): void {
    const bucket = this.#bucketFor(spelled, tags);
    if (bucket !== undefined) this.setGauge(bucket, value, isChange);
  }

  /** Sets the gauge, or with `isChange` adds to what is known of it. */
  setGauge(bucket: Bucket, value: number, isChange: boolean): void {
    bucket.gauge = isChange && bucket.gauge !== undefined ? bucket.gauge + value : value;
    bucket.gaugeIdleFlushes = 0;
  }

  set(spelled: string, tags: string, value: string): void {
    const bucket = this.#bucketFor(spelled, tags);
    if (bucket === undefined) return;
    bucket.idleFlushes = 0;
    bucket.set ??= new Set();
    if (bucket.set.size >= this.#limits.setMembersMax && !bucket.set.has(value))
      this.counts.overLimit += 1;
    else bucket.set.add(value);
  }

  event(event: DogEvent): void {
    this.#onEvent(event);
  }

  badLine(line: string, reason: string): void {
    this.counts.badLines += 1;
    this.#onBadLine(line, reason);
  }
}
