// What statsd says of a timer at each flush: extremes, mean, median, deviation, percentiles and
// histogram bins, under the names it uses.

export interface HistogramRule {
  /** Part of the metric name that selects the timer; empty selects all. */
  metric: string;
  /** Upper limits, not included, ascending; `inf` ends the list. */
  bins: (number | 'inf')[];
}

export interface TimerOptions {
  flushSeconds: number;
  /** Positive: over the smallest p percent; negative: over the largest. */
  percentThresholds: readonly number[];
  histogram: readonly HistogramRule[];
  /** Only these statistics are sent, percentiles as `upper_percent`; empty sends all. */
  calculatedTimerMetrics: readonly string[];
}

type Emit = (statistic: string, value: number) => void;

const keyOfPercent = (percent: number): string =>
  String(percent).replace('.', '_').replace('-', 'top');

function emitPercentile(
  values: Float64Array,
  percent: number,
  sums: Float64Array,
  squares: Float64Array,
  emit: Emit,
): void {
  const count = values.length;
  const inThreshold = count === 1 ? 1 : Math.round((Math.abs(percent) / 100) * count);
  if (inThreshold === 0) return;
  // sums[i] is the sum of the i smallest values
  const from = percent > 0 ? 0 : count - inThreshold;
  const to = from + inThreshold;
  const sum = (sums[to] ?? 0) - (sums[from] ?? 0);
  const key = keyOfPercent(percent);
  emit(`count_${key}`, inThreshold);
  emit(`mean_${key}`, sum / inThreshold);
  emit(
    `${percent > 0 ? 'upper' : 'lower'}_${key}`,
    (percent > 0 ? values[to - 1] : values[from]) ?? 0,
  );
  emit(`sum_${key}`, sum);
  emit(`sum_squares_${key}`, (squares[to] ?? 0) - (squares[from] ?? 0));
}

function emitHistogram(
  name: string,
  values: Float64Array,
  rules: readonly HistogramRule[],
  emit: Emit,
): void {
  const rule = rules.find(({ metric }) => name.includes(metric));
  let at = 0;
  for (const bin of rule?.bins ?? []) {
    const begun = at;
    while (at < values.length && (bin === 'inf' || (values[at] ?? 0) < bin)) at += 1;
    emit(`histogram.bin_${String(bin).replace('.', '_')}`, at - begun);
  }
}

function emitAll(
  name: string,
  sorted: Float64Array,
  sampledCount: number,
  options: TimerOptions,
  emit: Emit,
): void {
  const count = sorted.length;
  const sums = new Float64Array(count + 1);
  const squares = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) {
    const value = sorted[i] ?? 0;
    sums[i + 1] = (sums[i] ?? 0) + value;
    squares[i + 1] = (squares[i] ?? 0) + value * value;
  }
  for (const percent of options.percentThresholds)
    emitPercentile(sorted, percent, sums, squares, emit);
  const sum = sums[count] ?? 0;
  const mean = sum / count;
  let deviations = 0;
  for (let i = 0; i < count; i++) deviations += ((sorted[i] ?? 0) - mean) ** 2;
  const middle = count >> 1;
  emit('std', Math.sqrt(deviations / count));
  emit('upper', sorted[count - 1] ?? 0);
  emit('lower', sorted[0] ?? 0);
  emit('count', sampledCount);
  emit('count_ps', sampledCount / options.flushSeconds);
  emit('sum', sum);
  emit('sum_squares', squares[count] ?? 0);
  emit('mean', mean);
  emit(
    'median',
    count % 2 === 1
      ? (sorted[middle] ?? 0)
      : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2,
  );
  emitHistogram(name, sorted, options.histogram, emit);
}

/**
 * Emits every statistic of one timer. `values` is sorted in place; `sampledCount` is the count
 * corrected by sample rates. A timer without values says count 0 and count_ps 0.
 */
export function emitTimer(
  name: string,
  values: Float64Array,
  sampledCount: number,
  options: TimerOptions,
  emit: Emit,
): void {
  const wanted = options.calculatedTimerMetrics;
  const filtered: Emit =
    wanted.length === 0
      ? emit
      : (statistic, value) => {
          if (
            wanted.includes(
              statistic.replace(/_(top)?\d+$/, '_percent').replace(/^histogram\..*/, 'histogram'),
            )
          )
            emit(statistic, value);
        };
  if (values.length === 0) {
    filtered('count', 0);
    filtered('count_ps', 0);
  } else emitAll(name, values.sort(), sampledCount, options, filtered);
}
