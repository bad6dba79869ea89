// Arguments that are two single series, compared window by window.
import { OperatingError } from '../../core/errors.ts';
import type { Series } from '../series.ts';
import { missing } from './derive.ts';

// carbonapi calls both lists seriesList; only by position can they be told apart.
export const otherSeriesList = {
  name: 'otherSeriesList',
  shownAs: 'seriesList',
  type: 'seriesList',
  required: true,
} as const;

export function onlyOne(list: Series[], functionName: string): Series {
  const [only] = list;
  if (only !== undefined && list.length === 1) return only;
  throw new OperatingError(
    'bad-argument',
    `${functionName}: each argument must be exactly one series, not ${list.length}`,
  );
}

/** `compare` of each window of the last `points` points, from index `first` on. */
export function alongWindows(
  length: number,
  points: number,
  first: number,
  compare: (from: number, to: number) => number,
): Float64Array {
  const values = missing(length);
  for (let i = first; i < length; i++) values[i] = compare(i - points + 1, i + 1);
  return values;
}

export function checkWindow(points: number, functionName: string): void {
  if (points < 1) throw new OperatingError('bad-argument', `${functionName}: the window is empty`);
}
