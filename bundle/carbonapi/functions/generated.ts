// The times of a series that a function makes up, bounded so that no request can ask for too many.
import { OperatingError } from '../../core/errors.ts';
import type { TimeWindow } from '../series.ts';

/** Points that a made-up series may have. */
export const generatedPointsMax = 10_000_000;

/** `window.start`, then every `step` seconds up to but without `window.end`. */
export function clockTimes({ start, end }: TimeWindow, step: number): Float64Array {
  if (!(step > 0)) throw new OperatingError('bad-argument', 'the step must be 1 second or more');
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (count > generatedPointsMax) {
    throw new OperatingError(
      'bad-argument',
      `a step of ${step} s makes ${count} points of this window; at most ${generatedPointsMax} are made`,
    );
  }
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) times[i] = start + i * step;
  return times;
}
