// What two files of the same archives say differently, as python's whisper-diff finds it.
import { type FetchTarget, readArchive } from './fetch.ts';
import type { WhisperHandle } from './handle.ts';
import { requireLikeArchives } from './merge.ts';

export interface ArchiveDifference {
  /** Index of the archive, finest first. */
  archive: number;
  /** Slots compared. */
  total: number;
  /** Those that differ; NaN where a file has no point. */
  points: { time: number; a: number; b: number }[];
}

export interface DiffOptions {
  /** Compare only slots that both have. */
  ignoreEmpty?: boolean;
  /** Unix seconds; newer slots are left out. */
  until?: number;
}

const newTarget = (): FetchTarget => ({ start: 0, step: 0, count: 0, values: new Float64Array(0) });

/**
 * Compares archive by archive, each where no finer one reaches. Throws `unlike-archives` unless both
 * have the same ones.
 */
export function diffFiles(
  a: WhisperHandle,
  b: WhisperHandle,
  now: number,
  { ignoreEmpty = false, until = now }: DiffOptions = {},
): ArchiveDifference[] {
  requireLikeArchives(a, b, 'comparing');
  const ofA = newTarget();
  const ofB = newTarget();
  let end = until;
  return a.layout.archives.map(({ retention }, archive) => {
    const difference: ArchiveDifference = { archive, total: 0, points: [] };
    const from = now - retention;
    if (end < from) return difference;
    readArchive(a, archive, from, end, ofA);
    readArchive(b, archive, from, end, ofB);
    end = Math.min(from, end);
    for (let i = 0; i < ofA.count; i++) {
      const [left, right] = [ofA.values[i]!, ofB.values[i]!];
      const missing = Number(Number.isNaN(left)) + Number(Number.isNaN(right));
      if (missing === 2 || (ignoreEmpty && missing > 0)) continue;
      difference.total += 1;
      if (left !== right)
        difference.points.push({ time: ofA.start + i * ofA.step, a: left, b: right });
    }
    return difference;
  });
}
