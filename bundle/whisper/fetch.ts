// Reading points back, with python whisper's idea of which archive and which slots an interval is.
import { readSync } from 'node:fs';
import { baseInterval, closeWhisper, openWhisper, tooShort, type WhisperHandle } from './handle.ts';
import { head, headRead, pointBytes } from './header.ts';
import { slotIndex } from './update.ts';

/** Where a fetch puts its answer; reuse it, `values` only ever grows. */
export interface FetchTarget {
  /** Time of values[0], a multiple of step. */
  start: number;
  step: number;
  /** How many of `values` count. */
  count: number;
  /** NaN where there is no point. */
  values: Float64Array;
}

let bytes = Buffer.alloc(64 * 1024);
let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
/** Of the file being read, what `head` has of it: nothing, unless it was opened a moment ago. */
let headLength = 0;

/** Puts `length` bytes of the file from `position` on at `at` of `bytes`; returns how many there are. */
function readPart(fd: number, at: number, length: number, position: number): number {
  if (position + length > headLength) return readSync(fd, bytes, at, length, position);
  head.copy(bytes, at, position, position + length);
  return length;
}

/**
 * Points after `from` up to and including `until` (unix seconds; at least one slot), from the
 * finest archive that reaches back to `from` at `now`. False, and `target` untouched, when the
 * interval is empty, in the future or older than the file remembers. `source` is an open handle or
 * a path.
 */
export function fetchInto(
  source: WhisperHandle | string,
  from: number,
  until: number,
  now: number,
  target: FetchTarget,
): boolean {
  if (typeof source === 'string') {
    const handle = openWhisper(source, { readOnly: true });
    try {
      return fetchInto(handle, from, until, now, target);
    } finally {
      closeWhisper(handle);
    }
  }
  const { archives, maxRetention } = source.layout;
  const oldest = now - maxRetention;
  if (from > until || from > now || until < oldest) return false;
  const start = Math.max(Math.trunc(from), oldest);
  const reaches = archives.findIndex((archive) => archive.retention >= now - start);
  const index = reaches < 0 ? archives.length - 1 : reaches;
  readArchive(source, index, start, Math.min(Math.trunc(until), now), target);
  return true;
}

/** The slots of archive `index` after `from` up to `until`; at most one turn of it, the newest. */
export function readArchive(
  handle: WhisperHandle,
  index: number,
  from: number,
  until: number,
  target: FetchTarget,
): void {
  const archive = handle.layout.archives[index]!;
  const step = archive.secondsPerPoint;
  let start = from - (from % step) + step;
  let end = until - (until % step) + step;
  if (start === end) end += step;
  start = Math.max(start, end - archive.retention);
  const count = (end - start) / step;
  if (target.values.length < count) target.values = new Float64Array(count);
  target.start = start;
  target.step = step;
  target.count = count;
  const { values } = target;
  const base = baseInterval(handle, index);
  if (base === 0) {
    values.fill(Number.NaN, 0, count);
    return;
  }
  if (bytes.length < count * pointBytes) {
    bytes = Buffer.alloc(count * pointBytes);
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  const slot = slotIndex(archive, start, base);
  const before = Math.min(count, archive.points - slot);
  const length = before * pointBytes;
  let read = readPart(handle.fd, 0, length, archive.offset + slot * pointBytes);
  if (before < count)
    read += readPart(handle.fd, length, (count - before) * pointBytes, archive.offset);
  if (read !== count * pointBytes) throw tooShort(handle.path, handle.layout);
  for (let i = 0, at = 0, time = start; i < count; i++, at += pointBytes, time += step) {
    values[i] = view.getUint32(at) === time ? view.getFloat64(at + 4) : Number.NaN;
  }
}

// An array of its own for each series costs the system more than reading its points: short ones
// are cut from a shared block.
const blockValues = 16 * 1024;
const ownBlockValues = 4096;
const scratch: FetchTarget = {
  start: 0,
  step: 0,
  count: 0,
  values: new Float64Array(ownBlockValues),
};
let block = new Float64Array(0);
let blockUsed = 0;

/** `values` the caller may keep and change; with others it shares a block of 128 KiB. */
function ownCopy(values: Float64Array, count: number): Float64Array {
  if (count > ownBlockValues) return values.slice(0, count);
  if (blockUsed + count > block.length) {
    block = new Float64Array(blockValues);
    blockUsed = 0;
  }
  const own = block.subarray(blockUsed, blockUsed + count);
  own.set(values.subarray(0, count));
  blockUsed += count;
  return own;
}

/**
 * The same in a fresh object whose `values` is exactly the answer; undefined for none. `isJustOpened`:
 * the handle is the last one that was opened, and by this same turn of work, so what opening read of
 * the file is read from memory.
 */
export function fetchSeries(
  source: WhisperHandle | string,
  from: number,
  until: number,
  now: number,
  isJustOpened = false,
): { start: number; step: number; values: Float64Array } | undefined {
  headLength = isJustOpened ? headRead.bytes : 0;
  try {
    if (!fetchInto(source, from, until, now, scratch)) return undefined;
  } finally {
    headLength = 0;
  }
  const { start, step, count } = scratch;
  return { start, step, values: ownCopy(scratch.values, count) };
}
