// Reads what an earlier process left in the journal back into the cache. A damaged block costs its own
// points; a torn tail is cut off; both are said, never fatal. A segment that cannot be read, or is none
// this version knows, is put aside under another name: its points are not ours to delete.
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Cache } from '../cache/cache.ts';
import {
  blockHeaderBytes,
  blockKinds,
  fileMagic,
  isBlockGood,
  journalPointBytes,
  mayBeBlock,
  segmentFileName,
  segmentOfFileName,
} from './segment-format.ts';

export interface ReplayResult {
  segments: number;
  points: number;
  /** Bytes cut off because they did not check. */
  tornBytes: number;
  /** Bytes passed over because they did not check, with good ones behind them. */
  damagedBytes: number;
  /** Points whose name is no longer accepted, or was in a damaged block. */
  refusedPoints: number;
  /** Segments put aside. */
  unread: number;
}

export interface ReplayTarget {
  cache: Cache;
  /** Announces a segment before its points. */
  adopt(segment: number, bytes: number): void;
  /** Resolves when the cache can take more. */
  makeRoom(): Promise<void>;
}

/** Numbers of the segments in `directory`, oldest first. */
export function listSegments(directory: string): number[] {
  return readdirSync(directory)
    .map(segmentOfFileName)
    .filter((segment) => segment !== undefined)
    .sort((a, b) => a - b);
}

/** Puts every point of the given segments into the cache, in the order written. */
export async function replayJournal(
  directory: string,
  segments: readonly number[],
  target: ReplayTarget,
  log: Logger,
): Promise<ReplayResult> {
  const result: ReplayResult = {
    segments: 0,
    points: 0,
    tornBytes: 0,
    damagedBytes: 0,
    refusedPoints: 0,
    unread: 0,
  };
  for (const segment of segments) {
    const path = join(directory, segmentFileName(segment));
    let file: number | undefined;
    try {
      file = openSync(path, 'r');
      const { size } = fstatSync(file);
      requireMagic(file);
      target.adopt(segment, size);
      const damagedBefore = result.damagedBytes;
      const good = await replaySegment(file, size, segment, target, result);
      result.segments++;
      const damaged = result.damagedBytes - damagedBefore;
      if (damaged > 0)
        log.warn('a journal segment is damaged: what is behind the damage is kept', {
          file: path,
          bytes: damaged,
        });
      if (good < size) {
        result.tornBytes += size - good;
        log.warn('the end of a journal segment is torn and was cut off', {
          file: path,
          bytes: size - good,
        });
        truncateSync(path, good);
      }
    } catch (error) {
      result.unread++;
      const aside = `${path}.unread-${Date.now()}`;
      log.error(`a journal segment cannot be read to its end: ${messageOf(error)}`, { file: path });
      try {
        renameSync(path, aside);
        log.error('it was put aside; renamed back, it is read at the next start', { file: aside });
      } catch (problem) {
        log.error(`it cannot be put aside either: ${messageOf(problem)}`);
      }
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
  return result;
}

/** Throws when the file begins like no segment; a beginning that is cut off is a torn one. */
function requireMagic(file: number): void {
  const magic = Buffer.alloc(fileMagic.length);
  const length = readSync(file, magic, 0, magic.length, 0);
  if (!magic.subarray(0, length).equals(fileMagic.subarray(0, length)))
    throw new Error('it does not begin like a journal of this version');
}

/** Returns where the last good block ends. */
async function replaySegment(
  file: number,
  size: number,
  segment: number,
  target: ReplayTarget,
  result: ReplayResult,
): Promise<number> {
  if (size < fileMagic.length) return 0;
  const ids = new Map<number, number>();
  let at = fileMagic.length;
  while (at < size) {
    const block = readBlock(file, at, size);
    if (block === undefined) {
      const next = nextBlock(file, at + 1, size);
      if (next === undefined) return at;
      result.damagedBytes += next - at;
      at = next;
      continue;
    }
    if (block.kind === blockKinds.names) readNames(block.payload, target.cache, ids);
    else await restorePoints(block.payload, ids, segment, target, result);
    at += blockHeaderBytes + block.payload.length;
  }
  return at;
}

async function restorePoints(
  payload: Buffer,
  ids: ReadonlyMap<number, number>,
  segment: number,
  { cache, makeRoom }: ReplayTarget,
  result: ReplayResult,
): Promise<void> {
  for (let p = 0; p + journalPointBytes <= payload.length; p += journalPointBytes) {
    const id = ids.get(payload.readUInt32LE(p)) ?? 0;
    if (id === 0) {
      result.refusedPoints++;
      continue;
    }
    if (cache.isFull) await makeRoom();
    cache.restore(id, payload.readUInt32LE(p + 4), payload.readDoubleLE(p + 8), segment);
    result.points++;
  }
}

/** The block at `at`; undefined when there is none that checks. */
function readBlock(
  file: number,
  at: number,
  size: number,
): { kind: number; payload: Buffer } | undefined {
  const header = Buffer.alloc(blockHeaderBytes);
  if (readSync(file, header, 0, blockHeaderBytes, at) !== blockHeaderBytes) return undefined;
  if (!mayBeBlock(header, 0)) return undefined;
  const length = header.readUInt32LE(4);
  if (at + blockHeaderBytes + length > size) return undefined;
  const payload = Buffer.alloc(length);
  if (readSync(file, payload, 0, length, at + blockHeaderBytes) !== length) return undefined;
  return isBlockGood(header, payload) ? { kind: header.readUInt32LE(0), payload } : undefined;
}

const searchBytes = 1 << 20;
/** Points can be chosen so that each looks like the beginning of a block: no more than this is tried. */
const triedBytesMax = 256 << 20;

/** Where the first good block from `from` on begins; undefined when none is found. */
function nextBlock(file: number, from: number, size: number): number | undefined {
  const window = Buffer.alloc(searchBytes + blockHeaderBytes);
  let triedBytes = 0;
  for (let base = from; base < size; base += searchBytes) {
    const length = readSync(file, window, 0, window.length, base);
    const end = Math.min(searchBytes, length - blockHeaderBytes + 1);
    for (let i = 0; i < end; i++) {
      if (!mayBeBlock(window, i)) continue;
      if (readBlock(file, base + i, size) !== undefined) return base + i;
      triedBytes += window.readUInt32LE(i + 4);
      if (triedBytes > triedBytesMax) return undefined;
    }
  }
  return undefined;
}

function readNames(payload: Buffer, cache: Cache, ids: Map<number, number>): void {
  let at = 0;
  while (at < payload.length) {
    const id = payload.readUInt32LE(at);
    const length = payload.readUInt16LE(at + 4);
    const start = at + 6;
    const interned = cache.intern(payload, start, start + length);
    ids.set(id, typeof interned === 'string' ? 0 : interned);
    at = start + length;
  }
}
