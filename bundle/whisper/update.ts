// Writing points: the finest archive that still covers each, then the coarser ones from what was
// just written. Per archive and flush: one read of the stretch touched (for the roll-up), one
// write of it, however many points; the coarse slots follow the same way.
import { readSync } from 'node:fs';
import { aggregate } from './aggregation.ts';
import { baseInterval, tooShort, type WhisperHandle } from './handle.ts';
import { type Archive, pointBytes } from './header.ts';
import { writeFully } from './write-fully.ts';

/** Slots read and written at once at most; a longer flush is cut into stretches. */
const stretchSlotsMax = 4096;
/** Over a wider gap two reads are cheaper than one long one. */
const gapSlotsMax = 170;
const timeMax = 0xffffffff;

// Everything below is scratch for one call: the functions are synchronous and never nest.
let sortedTimes = new Float64Array(256);
let sortedValues = new Float64Array(256);

/** Slots of one archive touched by a flush, oldest first; `filled` 0 where no value came of it. */
interface Slots {
  count: number;
  intervals: Float64Array;
  values: Float64Array;
  filled: Uint8Array;
}

const newSlots = (size: number): Slots => ({
  count: 0,
  intervals: new Float64Array(size),
  values: new Float64Array(size),
  filled: new Uint8Array(size),
});

let fineSlots = newSlots(256);
let coarseSlots = newSlots(256);

let bytes = Buffer.alloc(1024 * pointBytes);
let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
let windowValues = new Float64Array(1024);
let windowPresent = new Uint8Array(1024);

function reserve(points: number): void {
  if (sortedTimes.length >= points) return;
  sortedTimes = new Float64Array(2 * points);
  sortedValues = new Float64Array(2 * points);
  fineSlots = newSlots(2 * points);
  coarseSlots = newSlots(2 * points);
}

function reserveWindow(slots: number): void {
  if (windowValues.length >= slots) return;
  bytes = Buffer.alloc(2 * slots * pointBytes);
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  windowValues = new Float64Array(2 * slots);
  windowPresent = new Uint8Array(2 * slots);
}

// Oldest first; among equal times the order of arrival stays, so that the last one wins.
function loadSorted(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  offset: number,
  count: number,
): void {
  let ascending = true;
  let previous = -1;
  for (let i = 0; i < count; i++) {
    const time = Math.trunc(times[offset + i]!);
    if (time < previous) ascending = false;
    previous = time;
    sortedTimes[i] = time;
    sortedValues[i] = values[offset + i]!;
  }
  if (ascending) return;
  const order = new Uint32Array(count).map((_, i) => i);
  const unsorted = sortedTimes.slice(0, count);
  order.sort((a, b) => unsorted[a]! - unsorted[b]! || a - b);
  for (let i = 0; i < count; i++) {
    sortedTimes[i] = unsorted[order[i]!]!;
    sortedValues[i] = values[offset + order[i]!]!;
  }
}

/**
 * Writes `count` points (unix seconds, any order) beginning at `offset` of both arrays, and rolls
 * them up. Of several points in one slot the one with the latest time stays; of equal times the
 * last given. Returns how many were dropped because no archive reaches back to them (or their time
 * does not fit the format); `now` decides that. Throws `whisper-corrupt` or the system's error.
 */
export function updateMany(
  handle: WhisperHandle,
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  count: number,
  now: number,
  offset = 0,
): number {
  reserve(count);
  loadSorted(times, values, offset, count);
  let end = count;
  let dropped = 0;
  while (end > 0 && !(sortedTimes[end - 1]! <= timeMax)) {
    end -= 1;
    dropped += 1;
  }
  const { archives } = handle.layout;
  try {
    for (let index = 0; index < archives.length && end > 0; index++) {
      const oldest = Math.max(0, now - archives[index]!.retention);
      let start = end;
      while (start > 0 && sortedTimes[start - 1]! >= oldest) start -= 1;
      if (start < end) updateArchive(handle, index, start, end);
      end = start;
    }
  } finally {
    handle.isUntouched = false;
  }
  return dropped + end;
}

/**
 * Writes points straight into archive `index` and rolls up from there, whatever their age: for
 * copying between files. Times ascend; they must lie within one turn of the archive.
 */
export function updateOneArchive(
  handle: WhisperHandle,
  index: number,
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  count: number,
): void {
  reserve(count);
  loadSorted(times, values, 0, count);
  if (count > 0) updateArchive(handle, index, 0, count);
}

/** The same without roll-up: the coarser archives stay as they are. */
export function writeArchive(
  handle: WhisperHandle,
  index: number,
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  count: number,
): void {
  reserve(count);
  loadSorted(times, values, 0, count);
  loadSlots(handle, index, 0, count);
  writeRuns(handle, index);
}

// Puts the sorted points `from` to `to` into fineSlots, one for each slot of archive `index`.
function loadSlots(handle: WhisperHandle, index: number, from: number, to: number): void {
  const step = handle.layout.archives[index]!.secondsPerPoint;
  const slots = fineSlots;
  let count = 0;
  for (let i = from; i < to; i++) {
    const time = sortedTimes[i]!;
    const interval = time - (time % step);
    if (count === 0 || slots.intervals[count - 1] !== interval) {
      slots.intervals[count] = interval;
      slots.filled[count] = 1;
      count += 1;
    }
    slots.values[count - 1] = sortedValues[i]!;
  }
  slots.count = count;
}

// Counts into handle.arrivals what loadSlots has just put into the finest archive's slots. Only
// where points shared a slot are they looked at one by one.
function noteArrivals(handle: WhisperHandle, from: number, to: number): void {
  const { arrivals } = handle;
  const first = sortedTimes[from]!;
  const newest = sortedTimes[to - 1]!;
  let points = to - from;
  if (fineSlots.count < points) {
    for (let i = from + 1; i < to; i++) if (sortedTimes[i] === sortedTimes[i - 1]) points -= 1;
    arrivals.overwritten += points - fineSlots.count;
  }
  if (arrivals.points === 0) arrivals.first = first;
  else if (first === arrivals.newest) points -= 1;
  else if (first > arrivals.newest) {
    const step = handle.layout.archives[0]!.secondsPerPoint;
    if (fineSlots.intervals[0] === arrivals.newest - (arrivals.newest % step))
      arrivals.overwritten += 1;
  }
  arrivals.points += points;
  if (newest > arrivals.newest) arrivals.newest = newest;
}

function updateArchive(handle: WhisperHandle, index: number, from: number, to: number): void {
  loadSlots(handle, index, from, to);
  if (index === 0) noteArrivals(handle, from, to);
  const last = handle.layout.archives.length - 1;
  for (let level = index; level < last; level++) {
    if (!writeAndRollUp(handle, level)) return;
    [fineSlots, coarseSlots] = [coarseSlots, fineSlots];
  }
  writeRuns(handle, last);
}

// Writes fineSlots without reading: each run of neighbouring slots by itself.
function writeRuns(handle: WhisperHandle, level: number): void {
  const { count, intervals, filled } = fineSlots;
  const { secondsPerPoint: step, points } = handle.layout.archives[level]!;
  const slotsMax = Math.min(points, stretchSlotsMax);
  let from = 0;
  while (from < count) {
    if (filled[from] === 0) {
      from += 1;
      continue;
    }
    let to = from + 1;
    while (
      to < count &&
      filled[to] === 1 &&
      intervals[to] === intervals[to - 1]! + step &&
      to - from < slotsMax
    ) {
      to += 1;
    }
    writeStretch(handle, level, from, to, intervals[from]!, to - from, false);
    from = to;
  }
}

// Writes fineSlots into archive `level` and puts what becomes of them one archive further into
// coarseSlots. False when no coarse slot got a value. A coarse slot that got none stays listed:
// like python, the archives beyond are computed anew for all slots touched once one of them rose.
function writeAndRollUp(handle: WhisperHandle, level: number): boolean {
  const { archives } = handle.layout;
  const { count, intervals } = fineSlots;
  const archive = archives[level]!;
  const step = archive.secondsPerPoint;
  const coarseStep = archives[level + 1]!.secondsPerPoint;
  const slotsMax = Math.min(archive.points, Math.max(coarseStep / step, stretchSlotsMax));
  // Points further apart than the ring is long share slots: then all are written, oldest first,
  // before any is read back.
  const lastEnd = intervals[count - 1]! - (intervals[count - 1]! % coarseStep) + coarseStep;
  const overlapping = lastEnd - intervals[0]! + (intervals[0]! % coarseStep) > archive.retention;
  if (overlapping) writeRuns(handle, level);
  coarseSlots.count = 0;
  let rose = false;
  let from = 0;
  while (from < count) {
    const start = intervals[from]! - (intervals[from]! % coarseStep);
    let end = start + coarseStep;
    let to = from + 1;
    for (; to < count; to++) {
      const interval = intervals[to]!;
      if (interval < end) continue;
      const nextEnd = interval - (interval % coarseStep) + coarseStep;
      if (interval - end > gapSlotsMax * step || nextEnd - start > slotsMax * step) break;
      end = nextEnd;
    }
    const slots = (end - start) / step;
    if (overlapping) readStretch(handle, level, start, slots);
    else writeStretch(handle, level, from, to, start, slots, true);
    if (rollUp(handle, from, to, start, step, coarseStep)) rose = true;
    from = to;
  }
  return rose;
}

// Lays fineSlots[from..to) over the `slots` slots from `start` and writes from the first to the
// last of them. With `whole`, `bytes` holds the whole stretch afterwards.
function writeStretch(
  handle: WhisperHandle,
  level: number,
  from: number,
  to: number,
  start: number,
  slots: number,
  whole: boolean,
): void {
  const { intervals, values, filled } = fineSlots;
  const archive = handle.layout.archives[level]!;
  const step = archive.secondsPerPoint;
  reserveWindow(slots);
  let first = -1;
  let last = -1;
  let filledCount = 0;
  for (let i = from; i < to; i++) {
    if (filled[i] === 0) continue;
    last = (intervals[i]! - start) / step;
    if (first < 0) first = last;
    filledCount += 1;
  }
  let base = baseInterval(handle, level);
  if (base === 0) {
    if (whole) bytes.fill(0, 0, slots * pointBytes);
    if (first < 0) return;
    base = start + first * step;
  } else if (whole && filledCount < slots) {
    readSlots(handle, archive, start, base, slots);
  }
  for (let i = from; i < to; i++) {
    if (filled[i] === 0) continue;
    const interval = intervals[i]!;
    const at = ((interval - start) / step) * pointBytes;
    view.setUint32(at, interval);
    view.setFloat64(at + 4, values[i]!);
  }
  if (first < 0) return;
  writeSlots(handle, archive, start, base, first, last);
  handle.bases[level] = base;
}

function readStretch(handle: WhisperHandle, level: number, start: number, slots: number): void {
  reserveWindow(slots);
  const base = baseInterval(handle, level);
  if (base === 0) bytes.fill(0, 0, slots * pointBytes);
  else readSlots(handle, handle.layout.archives[level]!, start, base, slots);
}

/** The place in the ring of the slot for `interval`. */
export function slotIndex(archive: Archive, interval: number, base: number): number {
  const distance = Math.floor((interval - base) / archive.secondsPerPoint) % archive.points;
  return distance < 0 ? distance + archive.points : distance;
}

function readSlots(
  handle: WhisperHandle,
  archive: Archive,
  start: number,
  base: number,
  slots: number,
): void {
  const index = slotIndex(archive, start, base);
  const before = Math.min(slots, archive.points - index);
  const length = before * pointBytes;
  let read = readSync(handle.fd, bytes, 0, length, archive.offset + index * pointBytes);
  if (before < slots) {
    read += readSync(handle.fd, bytes, length, (slots - before) * pointBytes, archive.offset);
  }
  if (read !== slots * pointBytes) throw tooShort(handle.path, handle.layout);
}

// Slots `first` to `last` of the stretch, in two writes where the ring turns over.
function writeSlots(
  handle: WhisperHandle,
  archive: Archive,
  start: number,
  base: number,
  first: number,
  last: number,
): void {
  const index = slotIndex(archive, start + first * archive.secondsPerPoint, base);
  const count = last - first + 1;
  const before = Math.min(count, archive.points - index);
  writeFully(
    handle.fd,
    bytes,
    first * pointBytes,
    before * pointBytes,
    archive.offset + index * pointBytes,
  );
  if (before === count) return;
  const rest = (count - before) * pointBytes;
  writeFully(handle.fd, bytes, (first + before) * pointBytes, rest, archive.offset);
}

function rollUp(
  handle: WhisperHandle,
  from: number,
  to: number,
  start: number,
  step: number,
  coarseStep: number,
): boolean {
  const { aggregationId, xFilesFactor } = handle.layout;
  const perCoarse = coarseStep / step;
  let rose = false;
  let count = coarseSlots.count;
  for (let i = from; i < to; i++) {
    const interval = fineSlots.intervals[i]! - (fineSlots.intervals[i]! % coarseStep);
    if (count > 0 && coarseSlots.intervals[count - 1] === interval) continue;
    let known = 0;
    for (let slot = 0; slot < perCoarse; slot++) {
      const time = interval + slot * step;
      const at = ((time - start) / step) * pointBytes;
      const present = view.getUint32(at) === time ? 1 : 0;
      windowPresent[slot] = present;
      windowValues[slot] = view.getFloat64(at + 4);
      known += present;
    }
    const enough = known > 0 && known / perCoarse >= xFilesFactor;
    coarseSlots.intervals[count] = interval;
    coarseSlots.filled[count] = enough ? 1 : 0;
    if (enough) {
      rose = true;
      coarseSlots.values[count] = aggregate(
        aggregationId,
        windowValues,
        windowPresent,
        0,
        perCoarse,
      );
    }
    count += 1;
  }
  coarseSlots.count = count;
  return rose;
}
