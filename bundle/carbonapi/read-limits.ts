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

/** Sums up a list that functions make, which may come in pieces. */
export class MadeList {
  readonly #limits: ReadLimits;
  #series = 0;
  #points = 0;
  #characters = 0;

  constructor(limits: ReadLimits) {
    this.#limits = limits;
  }

  /** Returns `piece`; throws an OperatingError when the list is larger with it than what may be read. */
  add<List extends readonly Series[]>(piece: List): List {
    const { seriesMax, pointsMax } = this.#limits;
    this.#series += piece.length;
    for (const { values, name } of piece) {
      this.#points += values.length;
      this.#characters += name.length;
    }
    const [series, points, characters] = [this.#series, this.#points, this.#characters];
    if (series > seriesMax)
      throw new OperatingError(
        'too-many-series',
        `the request makes a list of ${series} series, more than the ${seriesMax} allowed (limits.series)`,
      );
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
    return piece;
  }
}
