// What one request may read, and functions make of it.
import { OperatingError } from '../core/errors.ts';
import type { Series } from './series.ts';

export interface ReadLimits {
  /** Series that one request may read. */
  seriesMax: number;
  /** Points that one request may read. */
  pointsMax: number;
}

/** Of all names in one list: functions within functions can make any name long. */
const nameCharactersMax = 50_000_000;

/** Throws an OperatingError when `list`, made by functions, is larger than what may be read. */
export function checkMadeList(list: readonly Series[], limits: ReadLimits): void {
  const { seriesMax, pointsMax } = limits;
  if (list.length > seriesMax)
    throw new OperatingError(
      'too-many-series',
      `the request makes a list of ${list.length} series, more than the ${seriesMax} allowed (limits.series)`,
    );
  let points = 0;
  let characters = 0;
  for (const { values, name } of list) {
    points += values.length;
    characters += name.length;
  }
  if (characters > nameCharactersMax)
    throw new OperatingError(
      'too-many-series',
      `the request makes a list with ${characters} characters of names, more than ${nameCharactersMax}`,
    );
  if (points > pointsMax)
    throw new OperatingError(
      'too-many-points',
      `the request makes a list of ${points} points, more than the ${pointsMax} allowed (limits.points)`,
    );
}
