// Aggregation methods: their names, their numbers in the file, and the arithmetic of a roll-up.
import { OperatingError } from '../core/errors.ts';

/** Methods every whisper reader knows, in the order of their numbers in the file (1, 2, …). */
export const aggregationMethods = [
  'average',
  'sum',
  'last',
  'max',
  'min',
  'avg_zero',
  'absmax',
  'absmin',
] as const;

/** One of `aggregationMethods`, or a percentile `pNN`, `pNN.N` (0 to 100, three decimals at most). */
export type AggregationMethod = (typeof aggregationMethods)[number] | `p${number}`;

// Percentiles have no number in the classic format: go-carbon keeps them only in its compressed
// one, python has none. Ours sit far above python's, 'P' in the first byte, then thousandths of a
// percent, so that other readers refuse such a file instead of averaging it.
const percentileBase = 0x50000000;
const percentileScale = 1000;

/** The canonical name: `avg` is `average`, `median` is `p50`. Throws `bad-aggregation-method`. */
export function parseAggregationMethod(name: string): AggregationMethod {
  const lower = name.trim().toLowerCase();
  if (lower === 'avg') return 'average';
  if (lower === 'median') return 'p50';
  const known = aggregationMethods.find((method) => method === lower);
  if (known !== undefined) return known;
  const percent = /^p(\d{1,3}(?:\.\d{1,3})?)$/.exec(lower)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return `p${Number(percent)}`;
  throw new OperatingError(
    'bad-aggregation-method',
    `unknown aggregation method ${JSON.stringify(name)}: use one of ${aggregationMethods.join(', ')}, median, or a percentile such as p95`,
  );
}

/** The number that stands for `method` in a file header. */
export function aggregationId(method: AggregationMethod): number {
  const index = (aggregationMethods as readonly string[]).indexOf(method);
  if (index >= 0) return index + 1;
  return percentileBase + Math.round(Number(method.slice(1)) * percentileScale);
}

/** The method a header's number stands for, or undefined. */
export function aggregationOfId(id: number): AggregationMethod | undefined {
  const known = aggregationMethods[id - 1];
  if (known !== undefined) return known;
  const thousandths = id - percentileBase;
  if (thousandths < 0 || thousandths > 100 * percentileScale) return undefined;
  return `p${thousandths / percentileScale}`;
}

let sorted = new Float64Array(64);

// Linear interpolation between the two nearest ranks, as go-carbon and carbonapi do.
function percentile(
  id: number,
  values: Float64Array,
  present: Uint8Array,
  from: number,
  to: number,
): number {
  if (sorted.length < to - from) sorted = new Float64Array(2 * (to - from));
  let known = 0;
  for (let i = from; i < to; i++) {
    if (present[i] === 1) sorted[known++] = values[i]!;
  }
  const ranked = sorted.subarray(0, known).sort();
  const rank = ((known - 1) * (id - percentileBase)) / (100 * percentileScale);
  const below = Math.floor(rank);
  const rest = rank - below;
  return rest === 0 ? ranked[below]! : ranked[below + 1]! * rest + ranked[below]! * (1 - rest);
}

/**
 * The value of one coarse slot, from the fine slots `from` to `to` (exclusive) of `values`, of
 * which those with `present` 1 count; at least one must. `id` is the method's number.
 */
export function aggregate(
  id: number,
  values: Float64Array,
  present: Uint8Array,
  from: number,
  to: number,
): number {
  if (id >= percentileBase) return percentile(id, values, present, from, to);
  let known = 0;
  let result = 0;
  for (let i = from; i < to; i++) {
    if (present[i] !== 1) continue;
    const value = values[i]!;
    known += 1;
    switch (id) {
      case 3:
        result = value;
        break;
      case 4:
        if (known === 1 || value > result) result = value;
        break;
      case 5:
        if (known === 1 || value < result) result = value;
        break;
      case 7:
        if (known === 1 || Math.abs(value) > Math.abs(result)) result = value;
        break;
      case 8:
        if (known === 1 || Math.abs(value) < Math.abs(result)) result = value;
        break;
      default:
        result += value;
    }
  }
  if (id === 1) return result / known;
  if (id === 6) return result / (to - from);
  return result;
}
