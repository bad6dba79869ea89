// How carbonapi asks a carbonserver of ours to consolidate, inside carbonapi_v3_pb: as a filter function
// of the request, which other stores pass over, and as an applied function of the answer, which says what
// the series was before. Not `maxDataPoints`: other clients send that with targets whose functions need
// every point.
import type { FilteringFunction } from './carbonapi-v3.ts';

const name = 'dkumonitor.consolidate';
const appliedForm = /^dkumonitor\.consolidate\((\d+),(\d+),(\d+)\)$/;

/** Where a consolidated series began, ended (exclusive) and what its step was; unix seconds. */
export interface RawRange {
  start: number;
  end: number;
  step: number;
}

export interface ConsolidationRequest {
  /** The most points, more than 1, over the range of each series itself. */
  maxDataPoints: number;
  /** By which function; empty: by the one that the metric is stored with. */
  by: string;
}

export const consolidateFilter = ({
  maxDataPoints,
  by,
}: ConsolidationRequest): FilteringFunction => ({
  name,
  arguments: by === '' ? [String(maxDataPoints)] : [String(maxDataPoints), by],
});

/** What is asked for; undefined when it is nothing of the kind. */
export function consolidationOf(
  filters: readonly FilteringFunction[],
): ConsolidationRequest | undefined {
  const filter = filters.find((each) => each.name === name);
  const [count, by = ''] = filter?.arguments ?? [];
  const maxDataPoints = Number(count);
  return Number.isSafeInteger(maxDataPoints) && maxDataPoints > 1
    ? { maxDataPoints, by }
    : undefined;
}

export const consolidationApplied = ({ start, end, step }: RawRange): string =>
  `${name}(${start},${end},${step})`;

/** The range in the text of an applied function; undefined when it says something else. */
export function rawRangeOf(applied: string): RawRange | undefined {
  const match = appliedForm.exec(applied);
  if (match === null) return undefined;
  return { start: Number(match[1]), end: Number(match[2]), step: Number(match[3]) };
}
