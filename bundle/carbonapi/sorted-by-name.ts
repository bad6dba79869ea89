// Series in the order of their names, with turns for other requests: ten thousand take too long in one go.
import type { Series } from './series.ts';
import type { Turns } from './serving/turn.ts';

const pieceLength = 512;

const byName = (a: Series, b: Series): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function isSorted(list: readonly Series[]): boolean {
  for (let i = 1; i < list.length; i++)
    if (byName(list[i - 1] as Series, list[i] as Series) > 0) return false;
  return true;
}

/** `list`, ordered; stores answer in order as a rule, and to see that is cheap. */
export async function sortedByName(list: Series[], turns?: Turns): Promise<Series[]> {
  if (isSorted(list)) return list;
  if (list.length <= pieceLength) return list.sort(byName);
  let pieces: Series[][] = [];
  for (let at = 0; at < list.length; at += pieceLength) {
    pieces.push(list.slice(at, at + pieceLength).sort(byName));
    await turns?.pause();
  }
  while (pieces.length > 1) {
    const merged: Series[][] = [];
    for (let i = 0; i < pieces.length; i += 2) {
      const [left, right] = [pieces[i] as Series[], pieces[i + 1]];
      merged.push(right === undefined ? left : await merge(left, right, turns));
    }
    pieces = merged;
  }
  return pieces[0] as Series[];
}

async function merge(
  left: readonly Series[],
  right: readonly Series[],
  turns: Turns | undefined,
): Promise<Series[]> {
  const merged: Series[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    const [a, b] = [left[l] as Series, right[r] as Series];
    if (byName(a, b) <= 0) {
      merged.push(a);
      l++;
    } else {
      merged.push(b);
      r++;
    }
    if (merged.length % pieceLength !== 0) continue;
    const pause = turns?.pause();
    if (pause !== undefined) await pause;
  }
  for (; l < left.length; l++) merged.push(left[l] as Series);
  for (; r < right.length; r++) merged.push(right[r] as Series);
  return merged;
}
