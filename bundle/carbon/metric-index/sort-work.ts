// Sorting many texts as work for slices.ts: a hundred thousand names take too long in one go.
import type { Work } from './slices.ts';

const pieceLength = 2048;
/** Texts merged between two yields. */
const mergedPerYield = 2048;

/** `texts` in the order of their code units, as `sort` gives it; the list itself is used up. */
export function* sortWork(texts: string[]): Work<string[]> {
  if (texts.length <= pieceLength) return texts.sort();
  let pieces: string[][] = [];
  for (let at = 0; at < texts.length; at += pieceLength) {
    pieces.push(texts.slice(at, at + pieceLength).sort());
    yield;
  }
  while (pieces.length > 1) {
    const merged: string[][] = [];
    for (let i = 0; i < pieces.length; i += 2) {
      const [left, right] = [pieces[i] as string[], pieces[i + 1]];
      merged.push(right === undefined ? left : yield* merge(left, right));
    }
    pieces = merged;
  }
  return pieces[0] as string[];
}

function* merge(left: readonly string[], right: readonly string[]): Work<string[]> {
  const merged: string[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    const [a, b] = [left[l] as string, right[r] as string];
    if (b < a) {
      merged.push(b);
      r++;
    } else {
      merged.push(a);
      l++;
    }
    if (merged.length % mergedPerYield === 0) yield;
  }
  for (; l < left.length; l++) merged.push(left[l] as string);
  for (; r < right.length; r++) merged.push(right[r] as string);
  return merged;
}
