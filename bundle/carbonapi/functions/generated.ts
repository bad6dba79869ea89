// Series that a function makes up or spreads out, bounded so that no request can ask for too many points.
import { OperatingError } from '../../core/errors.ts';
import type { TimeWindow } from '../series.ts';

/** Points that one made-up series may have. */
const generatedPointsMax = 10_000_000;

/** `count`, a number of points to be made, if it is not too many; else throws `bad-argument`. */
export function checkPointCount(count: number): number {
  if (count <= generatedPointsMax) return Math.max(0, count);
  throw new OperatingError(
    'bad-argument',
    `this would make ${count} points of one series; at most ${generatedPointsMax} are made`,
  );
}

/** `window.start`, then every `step` seconds up to but without `window.end`. */
export function clockTimes({ start, end }: TimeWindow, step: number): Float64Array {
  if (!(step > 0)) throw new OperatingError('bad-argument', 'the step must be 1 second or more');
  const times = new Float64Array(checkPointCount(Math.ceil((end - start) / step)));
  for (let i = 0; i < times.length; i++) times[i] = start + i * step;
  return times;
}
