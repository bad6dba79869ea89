// An open whisper file and what is worth remembering of it: descriptor, layout, and for each
// archive the base interval, the time in its first slot from which every place is computed.
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { codeOf, OperatingError } from '../core/errors.ts';
import {
  archiveInfoBytes,
  head,
  metadataBytes,
  pointBytes,
  readHeader,
  type WhisperLayout,
} from './header.ts';

/** What came for the finest archive since the file was opened; a time that comes again is one point. */
export interface Arrivals {
  /** Times of the first and the newest point, 0 before there is one. */
  first: number;
  newest: number;
  points: number;
  /** Points that lost their slot to a later one. */
  overwritten: number;
}

/** The arrivals of a file just opened. */
export const noArrivals = (): Arrivals => ({ first: 0, newest: 0, points: 0, overwritten: 0 });

export interface WhisperHandle {
  readonly path: string;
  readonly layout: WhisperLayout;
  readonly readOnly: boolean;
  /** -1 once closed. */
  fd: number;
  /**
   * Base interval of each archive, 0 while unknown or empty. Slot 0 is only ever overwritten with
   * a time that maps to slot 0 again, so a base once seen stays true.
   */
  readonly bases: number[];
  /** Just created: no archive has a point, which need not be read from the file. */
  isUntouched: boolean;
  readonly arrivals: Arrivals;
}

const probe = Buffer.alloc(pointBytes);

function openFile(path: string, readOnly: boolean): number {
  try {
    return openSync(path, readOnly ? constants.O_RDONLY : constants.O_RDWR);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new OperatingError('whisper-missing', `there is no whisper file ${path}`, {
      cause: error,
    });
  }
}

export interface OpenOptions {
  readOnly?: boolean;
  /** Leave finding a short file to the read that meets its end. */
  skipLengthCheck?: boolean;
}

/**
 * Opens a whisper file; the caller closes it. Throws `whisper-missing`, `whisper-corrupt` (also
 * for a file shorter than its header says), or the system's error.
 */
export function openWhisper(path: string, options: OpenOptions = {}): WhisperHandle {
  const readOnly = options.readOnly ?? false;
  const fd = openFile(path, readOnly);
  try {
    const layout = readHeader(fd, path);
    const bases = new Array<number>(layout.archives.length).fill(0);
    const first = layout.archives[0]!.offset;
    if (first === metadataBytes + archiveInfoBytes * layout.archives.length) {
      bases[0] = head.readUInt32BE(first);
    }
    // Reading the last byte is how to see a short file without the cost of a Stats object.
    if (options.skipLengthCheck !== true && readSync(fd, probe, 0, 1, layout.fileBytes - 1) !== 1)
      throw tooShort(path, layout);
    return { path, layout, readOnly, fd, bases, isUntouched: false, arrivals: noArrivals() };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The error for a file that ends before its last slot. */
export function tooShort(path: string, layout: WhisperLayout): OperatingError {
  return new OperatingError(
    'whisper-corrupt',
    `${path} is cut off: its header promises ${layout.fileBytes} bytes`,
  );
}

/** Closes the file; harmless when it is closed. */
export function closeWhisper(handle: WhisperHandle): void {
  if (handle.fd < 0) return;
  closeSync(handle.fd);
  handle.fd = -1;
}

/** Whether the path no longer leads to the open file (deleted, renamed over). */
export function isReplaced(handle: WhisperHandle): boolean {
  const named = statSync(handle.path, { throwIfNoEntry: false });
  if (named === undefined) return true;
  const open = fstatSync(handle.fd);
  return named.ino !== open.ino || named.dev !== open.dev;
}

/** The base interval of archive `index`, 0 while it is empty. */
export function baseInterval(handle: WhisperHandle, index: number): number {
  const cached = handle.bases[index]!;
  if (cached !== 0 || handle.isUntouched) return cached;
  const { offset } = handle.layout.archives[index]!;
  if (readSync(handle.fd, probe, 0, pointBytes, offset) !== pointBytes) {
    throw tooShort(handle.path, handle.layout);
  }
  const base = probe.readUInt32BE(0);
  handle.bases[index] = base;
  return base;
}
