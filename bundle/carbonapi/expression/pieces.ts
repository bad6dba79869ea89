// Long lists in pieces: a function that treats each series by itself gets some series at a time, and
// other requests get a turn in between.
import type { Series } from '../series.ts';

/** A piece ends when it has this many series or points: about a millisecond of work. */
const pieceSeriesMax = 64;
const piecePointsMax = 50_000;

function endOfPiece(list: readonly Series[], first: number): number {
  let end = first;
  let points = 0;
  while (end < list.length && end - first < pieceSeriesMax && points < piecePointsMax) {
    points += list[end++]?.values.length ?? 0;
  }
  return end;
}

/** Whether `list` is more than one piece. */
export const isLong = (list: readonly Series[]): boolean => endOfPiece(list, 0) < list.length;

/** What `evaluate` makes of all pieces of `list`, in order; waits for `pause` between them. */
export async function evaluatePieces(
  list: readonly Series[],
  evaluate: (piece: Series[]) => Series[] | Promise<Series[]>,
  pause: () => Promise<void> | void,
): Promise<Series[]> {
  const results: Series[] = [];
  for (let first = 0; first < list.length; ) {
    const end = endOfPiece(list, first);
    for (const series of await evaluate(list.slice(first, end))) results.push(series);
    first = end;
    if (first < list.length) await pause();
  }
  return results;
}
