// Copying a series into a file with other archives, keeping as much of its history as they can.
import { aggregate } from './aggregation.ts';
import type { WhisperHandle } from './handle.ts';
import { type ArchivePoints, readPoints } from './points.ts';
import { writeArchive } from './update.ts';

interface Source extends ArchivePoints {
  step: number;
  /** It answers for all times after this one, also by having no point there. */
  reachesTo: number;
}

/** Slots of one new archive, newest last; filled by ever better sources. */
interface Slots {
  first: number;
  step: number;
  values: Float64Array;
  present: Uint8Array;
}

const slotOf = (slots: Slots, time: number): number =>
  Math.floor((time - slots.first) / slots.step);

// A source of the same step, or a coarser one: its values stand where they begin. Spreading one
// over the finer slots it covers would be wrong for sums and would look measured for the rest.
function layDown(slots: Slots, source: Source): void {
  for (let i = 0; i < source.count; i++) {
    const slot = slotOf(slots, source.times[i]!);
    if (slot < 0 || slot >= slots.values.length) continue;
    slots.values[slot] = source.values[i]!;
    slots.present[slot] = 1;
  }
}

// Drops what worse sources said about times after `time`.
function forget(slots: Slots, time: number): void {
  const first = Math.max(0, slotOf(slots, time) + 1);
  if (first < slots.present.length) slots.present.fill(0, first);
}

function layDownAggregated(
  slots: Slots,
  source: Source,
  aggregationId: number,
  xFilesFactor: number,
): void {
  const perSlot = slots.step / source.step;
  const values = new Float64Array(perSlot);
  const present = new Uint8Array(perSlot);
  let i = 0;
  while (i < source.count) {
    const slot = slotOf(slots, source.times[i]!);
    const start = slots.first + slot * slots.step;
    present.fill(0);
    let known = 0;
    for (; i < source.count && source.times[i]! < start + slots.step; i++) {
      const at = (source.times[i]! - start) / source.step;
      values[at] = source.values[i]!;
      present[at] = 1;
      known += 1;
    }
    if (slot < 0 || slot >= slots.values.length || known / perSlot < xFilesFactor) continue;
    slots.values[slot] = aggregate(aggregationId, values, present, 0, perSlot);
    slots.present[slot] = 1;
  }
}

/**
 * Fills the empty file `target` with the history of `source`. Each of its slots gets the value of
 * the same step in the source where there is one, else what the source's finer points make by
 * target's own method and xFilesFactor; only before the reach of both, the value of the coarser
 * slot that begins there.
 */
export function convertInto(target: WhisperHandle, source: WhisperHandle, now: number): void {
  const archivePoints = source.layout.archives.map((_, index) => readPoints(source, index, now));
  const end = Math.max(
    now,
    ...archivePoints.map(({ times, count }) => (count > 0 ? times[count - 1]! : 0)),
  );
  const sources = source.layout.archives.map(
    ({ secondsPerPoint: step, retention }, i): Source => ({
      ...archivePoints[i]!,
      step,
      reachesTo: end - retention,
    }),
  );
  const { aggregationId, xFilesFactor, archives } = target.layout;
  archives.forEach(({ secondsPerPoint: step, points }, index) => {
    const last = end - (end % step);
    const slots: Slots = {
      first: last - (points - 1) * step,
      step,
      values: new Float64Array(points),
      present: new Uint8Array(points),
    };
    const coarser = sources.filter((from) => from.step > step || step % from.step !== 0);
    const finer = sources.filter((from) => from.step < step && step % from.step === 0);
    const same = sources.filter((from) => from.step === step);
    for (const from of coarser.reverse()) {
      forget(slots, from.reachesTo);
      layDown(slots, from);
    }
    forget(slots, Math.min(...[...finer, ...same].map((from) => from.reachesTo)));
    for (const from of finer.reverse()) {
      layDownAggregated(slots, from, aggregationId, xFilesFactor);
    }
    for (const from of same) layDown(slots, from);
    const times = new Float64Array(points);
    let count = 0;
    for (let i = 0; i < points; i++) {
      if (slots.present[i] === 0) continue;
      times[count] = slots.first + i * step;
      slots.values[count] = slots.values[i]!;
      count += 1;
    }
    if (count > 0) writeArchive(target, index, times, slots.values, count);
  });
}

/**
 * Points of `source` that `target` should have and does not: those of an archive whose step the
 * target has too and that are inside the target's retention. 0 after convertInto.
 */
export function countMissing(target: WhisperHandle, source: WhisperHandle, now: number): number {
  let missing = 0;
  source.layout.archives.forEach(({ secondsPerPoint }, index) => {
    const same = target.layout.archives.findIndex(
      (archive) => archive.secondsPerPoint === secondsPerPoint,
    );
    if (same < 0) return;
    const wanted = readPoints(source, index, now);
    const got = readPoints(target, same, now);
    const { retention } = target.layout.archives[same]!;
    const newest = wanted.count > 0 ? wanted.times[wanted.count - 1]! : 0;
    const oldest = Math.max(now, newest) - retention;
    for (let i = 0, k = 0; i < wanted.count; i++) {
      const time = wanted.times[i]!;
      if (time <= oldest) continue;
      while (k < got.count && got.times[k]! < time) k += 1;
      if (k >= got.count || got.times[k] !== time || !Object.is(got.values[k], wanted.values[i])) {
        missing += 1;
      }
    }
  });
  return missing;
}
