// Merges two changed versions of a text line by line, knowing what both came from.

export interface MergeResult {
  text: string;
  /** Places where both sides changed the same lines; `text` is then yours. */
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

interface Hunk {
  /** The lines of the base that are replaced; an empty range is an insertion. */
  from: number;
  to: number;
  lines: string;
}

function hunksOf(base: readonly string[], other: readonly string[]): Hunk[] {
  const matches = matchLines(base, other);
  const hunks: Hunk[] = [];
  let [from, otherFrom] = [0, 0];
  for (let to = 0; to <= base.length; to++) {
    const otherTo = to === base.length ? other.length : (matches[to] ?? -1);
    if (otherTo < 0) continue;
    if (to > from || otherTo > otherFrom) {
      hunks.push({ from, to, lines: other.slice(otherFrom, otherTo).join('') });
    }
    [from, otherFrom] = [to + 1, otherTo + 1];
  }
  return hunks;
}

export interface ChangedLines {
  /** Number of the first changed line in the new text, from 1. */
  line: number;
  removed: string[];
  added: string[];
}

/** What is different in `next`, in the order of its lines. */
export function changedLines(before: string, next: string): ChangedLines[] {
  if (before === next) return [];
  const base = splitLines(before);
  const trim = (lines: readonly string[]): string[] =>
    lines.filter((line) => line !== '').map((line) => line.replace(/\n$/, ''));
  let shift = 0;
  return hunksOf(base, splitLines(next)).map(({ from, to, lines }) => {
    const added = trim(splitLines(lines));
    const change = { line: from + shift + 1, removed: trim(base.slice(from, to)), added };
    shift += added.length - (to - from);
    return change;
  });
}

const overlap = (a: Hunk, b: Hunk): boolean =>
  a.from === a.to && b.from === b.to ? a.from === b.from : a.from < b.to && b.from < a.to;

const same = (a: Hunk, b: Hunk): boolean =>
  a.from === b.from && a.to === b.to && a.lines === b.lines;

/**
 * Applies to `yours` what changed from `base` to `theirs`. Lines that only one side changed are
 * taken from it; the same change on both sides is no conflict, neighbouring changes neither.
 */
export function mergeThreeWay(base: string, yours: string, theirs: string): MergeResult {
  if (yours === base || yours === theirs) return { text: theirs, conflicts: 0 };
  if (theirs === base) return { text: yours, conflicts: 0 };
  const [o, a, b] = [splitLines(base), splitLines(yours), splitLines(theirs)];
  if (Math.max(o.length, a.length, b.length) > linesMax) return { text: yours, conflicts: 1 };
  const mine = hunksOf(o, a);
  const new_ = hunksOf(o, b).filter((hunk) => !mine.some((own) => same(own, hunk)));
  const conflicts = new_.filter((hunk) => mine.some((own) => overlap(own, hunk))).length;
  if (conflicts > 0) return { text: yours, conflicts };
  let text = '';
  let at = 0;
  for (const { from, to, lines } of [...mine, ...new_].sort(
    (x, y) => x.from - y.from || x.to - y.to,
  )) {
    text += o.slice(at, from).join('') + lines;
    at = to;
  }
  return { text: text + o.slice(at).join(''), conflicts: 0 };
}
