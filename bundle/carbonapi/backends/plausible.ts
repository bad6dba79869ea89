// What of a store's series is believed: whole seconds, inside the window that was asked for. A series that
// reaches back to 1970 would have whoever puts it beside others make room for billions of points.
import type { RawRange } from '../../wire/consolidation-request.ts';
import type { TimeWindow } from '../series.ts';
import type { FetchedSeries, FetchRequest } from './backend.ts';

/**
 * `series` without points outside `window`, where stores may have one more step on each side; undefined
 * when none are left, or its times make no sense.
 */
function cut(series: FetchedSeries, { start, end }: TimeWindow): FetchedSeries | undefined {
  const { values, step } = series;
  if (!Number.isSafeInteger(step) || step <= 0 || !Number.isSafeInteger(series.start))
    return undefined;
  const first = Math.max(0, Math.ceil((start - step - series.start) / step));
  const last = Math.min(values.length, Math.floor((end + step - series.start) / step) + 1);
  if (first === 0 && last === values.length) return series;
  if (first >= last) return undefined;
  return { ...series, start: series.start + first * step, values: values.subarray(first, last) };
}

/** Whether a store that was asked to consolidate may have made `series` of `raw` by that. */
function isMadeOf({ start, step, values }: FetchedSeries, raw: RawRange, window: TimeWindow) {
  const reach = raw.end - raw.start;
  return (
    raw.step > 0 &&
    step > raw.step &&
    step % raw.step === 0 &&
    raw.start >= window.start - raw.step &&
    raw.end <= window.end + 2 * raw.step &&
    start > raw.start &&
    start <= raw.start + 2 * step &&
    values.length > 0 &&
    values.length * step <= reach + 2 * step
  );
}

/** What may be used of `series`, which a store sent in answer to the request and is changed; undefined for nothing. */
export function plausible(
  series: FetchedSeries,
  { window, consolidation }: Pick<FetchRequest, 'window' | 'consolidation'>,
): FetchedSeries | undefined {
  const { consolidatedFrom: raw } = series;
  // go-carbon says Sum where others say sum.
  series.consolidate = series.consolidate.toLowerCase();
  if (raw !== undefined && (consolidation === undefined || !isMadeOf(series, raw, window)))
    delete series.consolidatedFrom;
  return cut(series, window);
}
