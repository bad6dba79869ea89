// The header of a whisper file: which archives it has and where. Layout drawn in README.md.
import { readSync } from 'node:fs';
import { OperatingError } from '../core/errors.ts';
import { type AggregationMethod, aggregationId, aggregationOfId } from './aggregation.ts';
import { type ArchiveSpec, formatRetentions } from './retention.ts';

export const metadataBytes = 16;
export const archiveInfoBytes = 12;
export const pointBytes = 12;

/** How files of go-carbon's own format begin. */
const compressedMagic = 'whisper_compressed';

/** No sane file has more; a larger count in a header is damage. */
const archivesMax = 64;

export interface Archive extends ArchiveSpec {
  /** Of its first slot, from the start of the file. */
  offset: number;
  /** Seconds. */
  retention: number;
  /** Bytes. */
  size: number;
}

/** What a header says. Never changed; files with equal headers share one object. */
export interface WhisperLayout {
  aggregationMethod: AggregationMethod;
  /** Its number in the file. */
  aggregationId: number;
  xFilesFactor: number;
  /** Seconds the coarsest archive reaches back. */
  maxRetention: number;
  /** Finest first. */
  archives: readonly Archive[];
  /** What the file must measure at least. */
  fileBytes: number;
}

/** Bytes of a file with these archives. */
export function fileBytes(archives: readonly ArchiveSpec[]): number {
  let total = metadataBytes + archiveInfoBytes * archives.length;
  for (const archive of archives) total += archive.points * pointBytes;
  return total;
}

function invalid(reason: string): never {
  throw new OperatingError('bad-archives', `these archives cannot make a whisper file: ${reason}`);
}

/** A copy sorted finest first, or `bad-archives` with the rule it breaks (python's conditions). */
export function validateArchives(archives: readonly ArchiveSpec[]): ArchiveSpec[] {
  if (archives.length === 0) invalid('there must be at least one archive');
  if (archives.length > archivesMax) invalid(`there are more than ${archivesMax}`);
  const sorted = [...archives].sort((a, b) => a.secondsPerPoint - b.secondsPerPoint);
  for (const archive of sorted) {
    const { secondsPerPoint, points } = archive;
    if (!Number.isInteger(secondsPerPoint) || !Number.isInteger(points)) {
      invalid('precision and points must be whole numbers');
    }
    if (secondsPerPoint < 1 || points < 1) invalid('precision and points must be at least 1');
    if (secondsPerPoint * points > 0xffffffff) {
      invalid(`${formatRetentions([archive])} is longer than the format can tell (136 years)`);
    }
  }
  for (let i = 0; i + 1 < sorted.length; i++) {
    const fine = sorted[i]!;
    const coarse = sorted[i + 1]!;
    const both = `${formatRetentions([fine])} and ${formatRetentions([coarse])}`;
    if (fine.secondsPerPoint === coarse.secondsPerPoint) {
      invalid(`${both} have the same precision`);
    }
    if (coarse.secondsPerPoint % fine.secondsPerPoint !== 0) {
      invalid(`${both}: the finer precision must divide the coarser one`);
    }
    if (coarse.secondsPerPoint * coarse.points <= fine.secondsPerPoint * fine.points) {
      invalid(`${both}: the coarser archive must reach further back`);
    }
    if (fine.points < coarse.secondsPerPoint / fine.secondsPerPoint) {
      invalid(`${both}: the finer archive is too short to fill one point of the coarser`);
    }
  }
  if (fileBytes(sorted) > 0xffffffff) invalid('the file would be larger than 4 GiB');
  return sorted;
}

/** The header bytes of a file; `archives` must have passed validateArchives. */
export function encodeHeader(
  archives: readonly ArchiveSpec[],
  aggregationMethod: AggregationMethod,
  xFilesFactor: number,
): Buffer {
  const header = Buffer.alloc(metadataBytes + archiveInfoBytes * archives.length);
  let maxRetention = 0;
  let offset = header.length;
  archives.forEach(({ secondsPerPoint, points }, i) => {
    const at = metadataBytes + archiveInfoBytes * i;
    header.writeUInt32BE(offset, at);
    header.writeUInt32BE(secondsPerPoint, at + 4);
    header.writeUInt32BE(points, at + 8);
    offset += points * pointBytes;
    maxRetention = Math.max(maxRetention, secondsPerPoint * points);
  });
  header.writeUInt32BE(aggregationId(aggregationMethod), 0);
  header.writeUInt32BE(maxRetention, 4);
  header.writeFloatBE(xFilesFactor, 8);
  header.writeUInt32BE(archives.length, 12);
  return header;
}

function corrupt(path: string, reason: string): never {
  throw new OperatingError('whisper-corrupt', `${path} is not a whisper file: ${reason}`);
}

// Installations have a handful of distinct headers; the cap is for a directory of random files.
const layoutsMax = 4096;
const layouts = new Map<string, WhisperLayout>();

function decodeHeader(bytes: Buffer, path: string): WhisperLayout {
  const id = bytes.readUInt32BE(0);
  const aggregationMethod = aggregationOfId(id);
  if (aggregationMethod === undefined) corrupt(path, `its aggregation number ${id} is unknown`);
  const xFilesFactor = bytes.readFloatBE(8);
  if (!(xFilesFactor >= 0 && xFilesFactor <= 1)) {
    corrupt(path, `its xFilesFactor ${xFilesFactor} is not between 0 and 1`);
  }
  const archives: Archive[] = [];
  let end = bytes.length;
  for (let at = metadataBytes; at < bytes.length; at += archiveInfoBytes) {
    const offset = bytes.readUInt32BE(at);
    const secondsPerPoint = bytes.readUInt32BE(at + 4);
    const points = bytes.readUInt32BE(at + 8);
    if (offset < end) corrupt(path, `archive ${archives.length} lies over what precedes it`);
    const size = points * pointBytes;
    end = offset + size;
    archives.push({ offset, secondsPerPoint, points, retention: secondsPerPoint * points, size });
  }
  try {
    const sorted = validateArchives(archives);
    if (sorted.some((archive, i) => archive !== archives[i])) {
      corrupt(path, 'its archives are not in order');
    }
  } catch (error) {
    if (!(error instanceof OperatingError) || error.code === 'whisper-corrupt') throw error;
    throw new OperatingError('whisper-corrupt', `${path} is damaged: ${error.message}`);
  }
  return {
    aggregationMethod,
    aggregationId: id,
    xFilesFactor,
    maxRetention: bytes.readUInt32BE(4),
    archives,
    fileBytes: end,
  };
}

/** What these header bytes say; `path` is for messages. Throws `whisper-corrupt`. */
export function layoutOf(header: Buffer, path: string): WhisperLayout {
  const key = header.toString('latin1');
  const known = layouts.get(key);
  if (known !== undefined) return known;
  const layout = decodeHeader(header, path);
  if (layouts.size >= layoutsMax) layouts.clear();
  layouts.set(key, layout);
  return layout;
}

/**
 * What is read of a file to see its header: a page costs no more than the header. Behind that is the
 * first slot, and in a file younger than its first archive perhaps all that is asked for.
 */
export const headBytes = 4096;
/** The start of the file readHeader saw last; openWhisper finds the first base interval in it. */
export const head = Buffer.alloc(headBytes);
/** How much of `head` is that file's. */
export const headRead = { bytes: 0 };

/**
 * Reads the header of an open file; `path` is for messages. Throws `whisper-corrupt` for anything
 * that is not a whisper header. Does not check that the file is as long as the header says.
 */
export function readHeader(fd: number, path: string): WhisperLayout {
  const read = readSync(fd, head, 0, headBytes, 0);
  headRead.bytes = read;
  if (read < metadataBytes + archiveInfoBytes) corrupt(path, `it has only ${read} bytes`);
  if (head.toString('latin1', 0, compressedMagic.length) === compressedMagic) {
    corrupt(path, "it has go-carbon's compressed format, which only go-carbon can read");
  }
  const count = head.readUInt32BE(12);
  if (count === 0 || count > archivesMax) corrupt(path, `it claims ${count} archives`);
  const length = metadataBytes + archiveInfoBytes * count;
  if (read < length) corrupt(path, 'it ends within its header');
  return layoutOf(head.subarray(0, length), path);
}
