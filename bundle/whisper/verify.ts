// Looking for damage in a file, and making a sound file of what is readable in a damaged one.
import {
  closeSync,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatingError } from '../core/errors.ts';
import type { AggregationMethod } from './aggregation.ts';
import { convertInto } from './convert.ts';
import { createWhisper } from './create.ts';
import { baseInterval, closeWhisper, openWhisper, type WhisperHandle } from './handle.ts';
import { encodeHeader, fileBytes, pointBytes, readHeader, validateArchives } from './header.ts';
import { adoptOwner } from './owner.ts';
import { aheadSecondsMax, readSlotBytes } from './points.ts';
import type { ArchiveSpec } from './retention.ts';
import { slotIndex } from './update.ts';
import { writeFully } from './write-fully.ts';

export interface VerifyReport {
  path: string;
  /** Whole sentences; empty for a sound file. */
  problems: string[];
}

function checkArchive(handle: WhisperHandle, index: number, now: number): string[] {
  const archive = handle.layout.archives[index]!;
  const base = baseInterval(handle, index);
  const bytes = readSlotBytes(handle, index);
  let misplaced = 0;
  let ahead = 0;
  for (let slot = 0; slot < archive.points; slot++) {
    const time = bytes.readUInt32BE(slot * pointBytes);
    if (time === 0) continue;
    const isPlaced =
      time % archive.secondsPerPoint === 0 && slotIndex(archive, time, base) === slot;
    if (base === 0 || !isPlaced) misplaced += 1;
    else if (time > now + aheadSecondsMax) ahead += 1;
  }
  const problems: string[] = [];
  if (misplaced > 0) problems.push(`archive ${index}: ${misplaced} points in the wrong place`);
  if (ahead > 0) problems.push(`archive ${index}: ${ahead} points more than a day in the future`);
  return problems;
}

/** Checks header, size and every slot. Throws only for what is no matter of contents (EACCES …). */
export function verifyWhisper(path: string, now: number): VerifyReport {
  let handle: WhisperHandle;
  try {
    handle = openWhisper(path, { readOnly: true });
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return { path, problems: [error.message] };
  }
  try {
    const problems = handle.layout.archives.flatMap((_, index) => checkArchive(handle, index, now));
    const { size } = fstatSync(handle.fd);
    const surplus = size - handle.layout.fileBytes;
    if (surplus > 0) problems.push(`${surplus} bytes too many at its end`);
    return { path, problems };
  } finally {
    closeWhisper(handle);
  }
}

export interface RepairOptions {
  /** For a file whose header is lost: what it was created with. */
  archives?: readonly ArchiveSpec[] | undefined;
  aggregationMethod?: AggregationMethod;
  xFilesFactor?: number;
}

/**
 * Makes a sound file of all points in `path` that are where they should be; the damaged file stays
 * beside it. Returns its new name. Throws `whisper-corrupt` when the header is lost and
 * `options.archives` does not replace it.
 */
export function repairWhisper(path: string, now: number, options: RepairOptions = {}): string {
  const aside = `${path}.bad-${now}`;
  const beside = join(dirname(path), `.repair-${process.pid}`);
  const whole = `${beside}-whole.tmp`;
  const fresh = `${beside}-fresh.tmp`;
  try {
    copyFileSync(path, whole);
    restoreHead(whole, options);
    const source = openWhisper(whole, { readOnly: true });
    try {
      createWhisper(fresh, source.layout);
      const target = openWhisper(fresh);
      try {
        convertInto(target, source, now);
      } finally {
        closeWhisper(target);
      }
    } finally {
      closeWhisper(source);
    }
    adoptOwner(fresh, path);
    renameSync(path, aside);
    renameSync(fresh, path);
  } finally {
    rmSync(whole, { force: true });
    rmSync(fresh, { force: true });
  }
  return aside;
}

// Puts back the header if one was given, and the length it promises.
function restoreHead(path: string, options: RepairOptions): void {
  const fd = openSync(path, 'r+');
  try {
    const { size } = fstatSync(fd);
    if (options.archives !== undefined) {
      const archives = validateArchives(options.archives);
      const { aggregationMethod = 'average', xFilesFactor = 0.5 } = options;
      const header = encodeHeader(archives, aggregationMethod, xFilesFactor);
      writeFully(fd, header, 0, header.length, 0);
      if (size < fileBytes(archives)) ftruncateSync(fd, fileBytes(archives));
      return;
    }
    const expected = readHeader(fd, path).fileBytes;
    if (size < expected) ftruncateSync(fd, expected);
  } finally {
    closeSync(fd);
  }
}
