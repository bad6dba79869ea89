// One flush: the aggregate becomes Graphite points under statsd's names, legacy or new, and is cleared
// for the next interval.
import type { Aggregate } from './aggregate.ts';
import type { Bucket } from './bucket.ts';
import { emitTimer, type TimerOptions } from './timer-statistics.ts';

export interface Namespace {
  /** statsd's legacyNamespace; false is the newer layout. */
  legacy: boolean;
  globalPrefix: string;
  prefixCounter: string;
  prefixTimer: string;
  prefixGauge: string;
  prefixSet: string;
  /** Put after the last node, before tags, with its dot. */
  globalSuffix: string;
  /** Node of statsd's own statistics. */
  prefixStats: string;
}

export interface FlushOptions extends TimerOptions {
  namespace: Namespace;
  /** Whether counters send a count besides the rate. */
  flushCounts: boolean;
  /** Flushes an idle counter, timer or set is still sent; 0 forgets at once, -1 never. */
  idleFlushesMax: number;
  /** The same for gauges, which repeat their last value. */
  gaugeIdleFlushesMax: number;
}

export type EmitPoint = (name: string, value: number) => void;

/** Names of each kind, ready for use. */
export class FlushNames {
  readonly #counter: string;
  readonly #timer: string;
  readonly #gauge: string;
  readonly #set: string;
  readonly #global: string;
  readonly #suffix: string;
  readonly #namespace: Namespace;

  constructor(namespace: Namespace) {
    const join = (...nodes: string[]): string => nodes.filter((node) => node !== '').join('.');
    const { legacy, globalPrefix } = namespace;
    this.#namespace = namespace;
    this.#counter = legacy ? 'stats' : join(globalPrefix, namespace.prefixCounter);
    this.#timer = legacy ? 'stats.timers' : join(globalPrefix, namespace.prefixTimer);
    this.#gauge = legacy ? 'stats.gauges' : join(globalPrefix, namespace.prefixGauge);
    this.#set = legacy ? 'stats.sets' : join(globalPrefix, namespace.prefixSet);
    this.#global = legacy ? 'stats' : globalPrefix;
    this.#suffix = namespace.globalSuffix;
  }

  #name(prefix: string, bucket: string, node: string): string {
    const at = bucket.indexOf(';');
    const plain = at < 0 ? bucket : bucket.slice(0, at);
    const tags = at < 0 ? '' : bucket.slice(at);
    return `${prefix === '' ? '' : `${prefix}.`}${plain}${node === '' ? '' : `.${node}`}${this.#suffix}${tags}`;
  }

  counterRate = (bucket: string): string =>
    this.#name(this.#counter, bucket, this.#namespace.legacy ? '' : 'rate');
  counterCount = (bucket: string): string =>
    this.#namespace.legacy
      ? this.#name('stats_counts', bucket, '')
      : this.#name(this.#counter, bucket, 'count');
  timer = (bucket: string, statistic: string): string => this.#name(this.#timer, bucket, statistic);
  gauge = (bucket: string): string => this.#name(this.#gauge, bucket, '');
  set = (bucket: string): string => this.#name(this.#set, bucket, 'count');
  /** A statistic of StatsD itself. */
  own = (statistic: string): string =>
    this.#name(this.#global, this.#namespace.prefixStats, statistic);
  ownCount = (): string =>
    this.#namespace.legacy
      ? `${this.#namespace.prefixStats}.numStats${this.#suffix}`
      : this.own('numStats');
}

const isOver = (idle: number, max: number): boolean => max >= 0 && idle > max;

function flushBucket(
  bucket: Bucket,
  names: FlushNames,
  options: FlushOptions,
  emit: EmitPoint,
): number {
  let sent = 0;
  if (bucket.counter !== undefined) {
    emit(names.counterRate(bucket.name), bucket.counter / options.flushSeconds);
    if (options.flushCounts) emit(names.counterCount(bucket.name), bucket.counter);
    bucket.counter = 0;
    sent += 1;
  }
  if (bucket.timer !== undefined) {
    const { values, length, count } = bucket.timer;
    emitTimer(bucket.name, values.subarray(0, length), count, options, (statistic, value) =>
      emit(names.timer(bucket.name, statistic), value),
    );
    // a burst must not hold its memory for ever
    if (length === 0 || values.length > 4 * length) bucket.timer.values = new Float64Array(8);
    bucket.timer.length = 0;
    bucket.timer.count = 0;
    sent += 1;
  }
  if (bucket.set !== undefined) {
    emit(names.set(bucket.name), bucket.set.size);
    bucket.set = new Set();
    sent += 1;
  }
  if (bucket.gauge !== undefined) {
    emit(names.gauge(bucket.name), bucket.gauge);
    sent += 1;
  }
  return sent;
}

/** Forgets what has been idle for too long, before it would be sent again. */
function expire(aggregate: Aggregate, options: FlushOptions): void {
  for (const bucket of aggregate.buckets.values()) {
    if (isOver(bucket.idleFlushes, options.idleFlushesMax)) {
      bucket.counter = undefined;
      bucket.timer = undefined;
      bucket.set = undefined;
    }
    if (isOver(bucket.gaugeIdleFlushes, options.gaugeIdleFlushesMax)) bucket.gauge = undefined;
    const isEmpty =
      bucket.counter === undefined &&
      bucket.timer === undefined &&
      bucket.set === undefined &&
      bucket.gauge === undefined;
    if (isEmpty) aggregate.forget(bucket);
  }
}

/** Emits all points of this interval; returns how many statistics (statsd's numStats) they make. */
export function flushAggregate(
  aggregate: Aggregate,
  names: FlushNames,
  options: FlushOptions,
  emit: EmitPoint,
): number {
  expire(aggregate, options);
  let sent = 0;
  for (const bucket of aggregate.buckets.values()) {
    sent += flushBucket(bucket, names, options, emit);
    bucket.idleFlushes += 1;
    bucket.gaugeIdleFlushes += 1;
  }
  return sent;
}
