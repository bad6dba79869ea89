// How carbonapi_v2 writes missing points: the value 0 and a flag beside it.
import type { RenderedSeries } from './format.ts';

/** A copy of `values` with 0 for gaps, and 1 in `absent` where one was. */
export function splitGaps(values: Float64Array): { values: Float64Array; absent: Uint8Array } {
  const filled = Float64Array.from(values);
  const absent = new Uint8Array(values.length);
  for (let i = 0; i < filled.length; i++) {
    if (!Number.isNaN(filled[i])) continue;
    filled[i] = 0;
    absent[i] = 1;
  }
  return { values: filled, absent };
}

/** Writes NaN where a flag is set; flags that are missing count as not set. */
export function putGaps(values: Float64Array, absent: readonly boolean[]): void {
  const length = Math.min(values.length, absent.length);
  for (let i = 0; i < length; i++) if (absent[i] === true) values[i] = Number.NaN;
}

/** A series to be filled field by field. */
export const emptySeries = (): RenderedSeries => ({
  name: '',
  pathExpression: '',
  consolidationFunc: '',
  startTime: 0,
  stopTime: 0,
  stepTime: 0,
  xFilesFactor: 0,
  values: new Float64Array(0),
  requestStartTime: 0,
  requestStopTime: 0,
});
