// Bringing the points of one file into another, as python's whisper-merge and whisper-fill do.
import { OperatingError } from '../core/errors.ts';
import { type FetchTarget, fetchInto, readArchive } from './fetch.ts';
import type { WhisperHandle } from './handle.ts';
import { formatRetentions } from './retention.ts';
import { updateMany, updateOneArchive } from './update.ts';

const newTarget = (): FetchTarget => ({ start: 0, step: 0, count: 0, values: new Float64Array(0) });

/** Moves the points that exist to the front of `fetched.values`; returns their times. */
function compact(fetched: FetchTarget): { times: Float64Array; count: number } {
  const times = new Float64Array(fetched.count);
  let count = 0;
  for (let i = 0; i < fetched.count; i++) {
    const value = fetched.values[i]!;
    if (Number.isNaN(value)) continue;
    times[count] = fetched.start + i * fetched.step;
    fetched.values[count] = value;
    count += 1;
  }
  return { times, count };
}

/** Throws `unlike-archives` unless both files have the same ones. */
export function requireLikeArchives(a: WhisperHandle, b: WhisperHandle, doing: string): void {
  const ofA = formatRetentions(a.layout.archives);
  const ofB = formatRetentions(b.layout.archives);
  if (ofA === ofB) return;
  throw new OperatingError(
    'unlike-archives',
    `${a.path} (${ofA}) and ${b.path} (${ofB}) have different archives: resize one of them before ${doing}`,
  );
}

/**
 * Writes the points of `source` after `from` up to `until` over those of `target`, archive by
 * archive. Throws `unlike-archives` unless both have the same ones.
 */
export function mergeInto(
  target: WhisperHandle,
  source: WhisperHandle,
  from: number,
  until: number,
  now: number,
): void {
  requireLikeArchives(source, target, 'merging');
  if (until < from) {
    throw new OperatingError(
      'bad-interval',
      `the interval ends (${until}) before it begins (${from})`,
    );
  }
  const fetched = newTarget();
  source.layout.archives.forEach(({ retention }, index) => {
    const oldest = now - retention;
    if (until < oldest) return;
    readArchive(source, index, Math.max(from, oldest), until, fetched);
    const { times, count } = compact(fetched);
    updateOneArchive(target, index, times, fetched.values, count);
  });
}

/**
 * Fills what `target` lacks from the finest points `source` has, overwriting nothing; only what is
 * newer than `after`, if given. Returns how many points were written.
 */
export function fillGaps(
  target: WhisperHandle,
  source: WhisperHandle,
  now: number,
  after = 0,
): number {
  let written = 0;
  let until = now;
  const have = newTarget();
  for (const { retention, secondsPerPoint: step } of target.layout.archives) {
    const from = Math.max(after, now - retention);
    if (from >= until) continue;
    fetchInto(target, from, until, now, have);
    const missing = Array.from(have.values.subarray(0, have.count), Number.isNaN);
    const { start, count } = have;
    const isMissing = (time: number): boolean => {
      const slot = Math.floor((time - start) / step);
      return slot >= 0 && slot < count && missing[slot] === true;
    };
    written += fillSpan(target, source, from, until, now, isMissing);
    until = from;
  }
  return written;
}

// The source's archives reach back differently from the target's: each serves its own part.
function fillSpan(
  target: WhisperHandle,
  source: WhisperHandle,
  from: number,
  until: number,
  now: number,
  isMissing: (time: number) => boolean,
): number {
  let written = 0;
  let end = until;
  const fetched = newTarget();
  for (const { retention } of source.layout.archives) {
    const begin = Math.max(from, now - retention);
    if (begin >= end) continue;
    if (!fetchInto(source, begin, end, now, fetched)) continue;
    const { times, count } = compact(fetched);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      if (!isMissing(times[i]!)) continue;
      times[kept] = times[i]!;
      fetched.values[kept] = fetched.values[i]!;
      kept += 1;
    }
    written += kept - updateMany(target, times, fetched.values, kept, now);
    end = begin;
  }
  return written;
}
