// Reads what an earlier process left in the journal back into the cache. A block that does not
// check ends its segment: a torn tail is cut off and said, never fatal. A segment that cannot be read,
// or is none this version knows, is put aside under another name: its points are not ours to delete.
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
  payloadBytesMax,
  segmentFileName,
  segmentOfFileName,
} from './segment-format.ts';

export interface ReplayResult {
  segments: number;
  points: number;
  /** Bytes cut off because they did not check. */
  tornBytes: number;
  /** Points whose name is no longer accepted. */
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
      const good = await replaySegment(file, size, segment, target, result);
      result.segments++;
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

/** Returns how many bytes of the file are good. */
async function replaySegment(
  file: number,
  size: number,
  segment: number,
  { cache, makeRoom }: ReplayTarget,
  result: ReplayResult,
): Promise<number> {
  const header = Buffer.alloc(blockHeaderBytes);
  if (size < fileMagic.length) return 0;
  const ids = new Map<number, number>();
  let at = fileMagic.length;
  while (at < size) {
    if (readSync(file, header, 0, blockHeaderBytes, at) !== blockHeaderBytes) return at;
    const length = header.readUInt32LE(4);
    if (length > payloadBytesMax || at + blockHeaderBytes + length > size) return at;
    const payload = Buffer.alloc(length);
    if (readSync(file, payload, 0, length, at + blockHeaderBytes) !== length) return at;
    if (!isBlockGood(header, payload)) return at;
    const kind = header.readUInt32LE(0);
    if (kind === blockKinds.names) readNames(payload, cache, ids);
    else if (kind === blockKinds.points) {
      for (let p = 0; p + journalPointBytes <= length; p += journalPointBytes) {
        const id = ids.get(payload.readUInt32LE(p)) ?? 0;
        if (id === 0) {
          result.refusedPoints++;
          continue;
        }
        if (cache.isFull) await makeRoom();
        cache.restore(id, payload.readUInt32LE(p + 4), payload.readDoubleLE(p + 8), segment);
        result.points++;
      }
    } else return at;
    at += blockHeaderBytes + length;
  }
  return at;
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
