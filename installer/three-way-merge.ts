// Merges two changed versions of a text line by line, knowing what both came from.

export interface MergeResult {
  text: string;
  /** Places where both sides changed the same lines; `text` is then of no use. */
  conflicts: number;
}

const linesMax = 5000;

const splitLines = (text: string): string[] => text.split(/(?<=\n)/);

/** For each line of `base` the index of the same line in `other`, or -1 where it was changed. */
function matchLines(base: readonly string[], other: readonly string[]): Int32Array {
  const width = other.length + 1;
  const longest = new Uint16Array((base.length + 1) * width);
  for (let i = base.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        base[i] === other[j]
          ? (longest[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
    }
  }
  const matches = new Int32Array(base.length).fill(-1);
  for (let i = 0, j = 0; i < base.length && j < other.length; ) {
    if (base[i] === other[j]) matches[i++] = j++;
    else if ((longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return matches;
}

/**
 * Applies to `yours` what changed from `base` to `theirs`. Lines that only one side changed are
 * taken from it; the same change on both sides is no conflict.
 */
export function mergeThreeWay(base: string, yours: string, theirs: string): MergeResult {
  if (yours === base || yours === theirs) return { text: theirs, conflicts: 0 };
  if (theirs === base) return { text: yours, conflicts: 0 };
  const [o, a, b] = [splitLines(base), splitLines(yours), splitLines(theirs)];
  if (Math.max(o.length, a.length, b.length) > linesMax) return { text: yours, conflicts: 1 };
  const inYours = matchLines(o, a);
  const inTheirs = matchLines(o, b);
  const merged: string[] = [];
  let conflicts = 0;
  let [atBase, atYours, atTheirs] = [0, 0, 0];
  const takeChange = (endBase: number, endYours: number, endTheirs: number): void => {
    const before = o.slice(atBase, endBase).join('');
    const mine = a.slice(atYours, endYours).join('');
    const new_ = b.slice(atTheirs, endTheirs).join('');
    if (mine === before) merged.push(new_);
    else if (new_ === before || new_ === mine) merged.push(mine);
    else {
      conflicts += 1;
      merged.push(mine);
    }
  };
  for (let i = 0; i < o.length; i++) {
    const [mine, new_] = [inYours[i] ?? -1, inTheirs[i] ?? -1];
    // A line all three have ends a region of change.
    if (mine < atYours || new_ < atTheirs) continue;
    takeChange(i, mine, new_);
    merged.push(o[i] ?? '');
    [atBase, atYours, atTheirs] = [i + 1, mine + 1, new_ + 1];
  }
  takeChange(o.length, a.length, b.length);
  return { text: merged.join(''), conflicts };
}
