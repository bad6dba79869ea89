// All points of one archive, read in one go: what copying, merging and checking work on.
import { readSync } from 'node:fs';
import { tooShort, type WhisperHandle } from './handle.ts';
import { pointBytes } from './header.ts';

export interface ArchivePoints {
  count: number;
  /** Ascending; multiples of the archive's step, each once. */
  times: Float64Array;
  values: Float64Array;
}

/** Clocks differ, but not by more than this: what lies further ahead is damage. */
export const aheadSecondsMax = 86400;

/** The raw slots of archive `index`, in file order. */
export function readSlotBytes(handle: WhisperHandle, index: number): Buffer {
  const { offset, size } = handle.layout.archives[index]!;
  const bytes = Buffer.alloc(size);
  if (readSync(handle.fd, bytes, 0, size, offset) !== size) {
    throw tooShort(handle.path, handle.layout);
  }
  return bytes;
}

/**
 * The points of archive `index` that are inside its retention at `now` (or that much before its
 * newest point, should that be ahead of `now`).
 */
export function readPoints(handle: WhisperHandle, index: number, now: number): ArchivePoints {
  const { secondsPerPoint: step, points, retention } = handle.layout.archives[index]!;
  const bytes = readSlotBytes(handle, index);
  let end = now;
  for (let at = 0; at < bytes.length; at += pointBytes) {
    const time = bytes.readUInt32BE(at);
    if (time > end && time <= now + aheadSecondsMax) end = time;
  }
  end -= end % step;
  // By slot of the turn that ends at `end`: this sorts, and leaves out older turns.
  const byAge = new Float64Array(points).fill(Number.NaN);
  const present = new Uint8Array(points);
  for (let at = 0; at < bytes.length; at += pointBytes) {
    const time = bytes.readUInt32BE(at);
    if (time === 0 || time % step !== 0 || time > end || time <= end - retention) continue;
    const slot = points - 1 - (end - time) / step;
    byAge[slot] = bytes.readDoubleBE(at + 4);
    present[slot] = 1;
  }
  const result = { count: 0, times: new Float64Array(points), values: byAge };
  for (let slot = 0; slot < points; slot++) {
    if (present[slot] === 0) continue;
    result.times[result.count] = end - (points - 1 - slot) * step;
    result.values[result.count] = byAge[slot]!;
    result.count += 1;
  }
  return result;
}
