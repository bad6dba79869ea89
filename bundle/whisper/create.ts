// Making a whisper file: written under another name and renamed, so that a short file is never
// seen under a metric's name, whatever fails.
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, OperatingError } from '../core/errors.ts';
import type { AggregationMethod } from './aggregation.ts';
import { closeWhisper, openWhisper, type WhisperHandle } from './handle.ts';
import { encodeHeader, fileBytes, metadataBytes, readHeader, validateArchives } from './header.ts';
import type { ArchiveSpec } from './retention.ts';
import { writeFully } from './write-fully.ts';

export interface CreateOptions {
  archives: readonly ArchiveSpec[];
  aggregationMethod?: AggregationMethod;
  /** Share (0 to 1) of fine slots that must be filled for a roll-up. */
  xFilesFactor?: number;
  /** Leave holes instead of writing zeros: faster, but later updates may find the disk full. */
  sparse?: boolean;
  /** Wait until the file is on disk. */
  sync?: boolean;
}

// Zeros are copied from here; larger steps measured no faster.
const zeros = Buffer.alloc(256 * 1024);
let sequence = 0;

function openBeside(directory: string): [string, number] {
  sequence += 1;
  const path = `${directory}/.${process.pid}.${sequence}.tmp`;
  try {
    return [path, openSync(path, 'w+', 0o644)];
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    mkdirSync(directory, { recursive: true });
    return [path, openSync(path, 'w+', 0o644)];
  }
}

/**
 * Creates a whisper file full of empty slots, with its parent directories. Throws
 * `whisper-exists`, `bad-archives`, `bad-x-files-factor`, or the system's error (ENOSPC …), and
 * then leaves nothing behind.
 */
export function createWhisper(path: string, options: CreateOptions): void {
  closeSync(createFile(path, options));
}

/** The same, and the new file is open: saves opening it again. The caller closes it. */
export function createOpenWhisper(path: string, options: CreateOptions): WhisperHandle {
  const fd = createFile(path, options);
  try {
    const layout = readHeader(fd, path);
    return { path, layout, readOnly: false, fd, bases: layout.archives.map(() => 0) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function createFile(path: string, options: CreateOptions): number {
  const archives = validateArchives(options.archives);
  const xFilesFactor = options.xFilesFactor ?? 0.5;
  if (!(xFilesFactor >= 0 && xFilesFactor <= 1)) {
    throw new OperatingError(
      'bad-x-files-factor',
      `the xFilesFactor must be between 0 and 1, not ${xFilesFactor}`,
    );
  }
  if (existsSync(path)) {
    throw new OperatingError('whisper-exists', `the file ${path} exists already`);
  }
  const header = encodeHeader(archives, options.aggregationMethod ?? 'average', xFilesFactor);
  const size = fileBytes(archives);
  const [beside, fd] = openBeside(dirname(path));
  try {
    writeFully(fd, header, 0, header.length, 0);
    if (options.sparse) ftruncateSync(fd, size);
    else {
      for (let at = header.length; at < size; at += zeros.length) {
        writeFully(fd, zeros, 0, Math.min(zeros.length, size - at), at);
      }
    }
    if (options.sync) fsyncSync(fd);
    renameSync(beside, path);
    return fd;
  } catch (error) {
    closeSync(fd);
    unlinkSync(beside);
    throw error;
  }
}

/**
 * Writes another aggregation method or xFilesFactor into the header of an existing file. What is
 * rolled up already stays. Throws `whisper-missing` or `whisper-corrupt`.
 */
export function setAggregation(
  path: string,
  change: { aggregationMethod?: AggregationMethod; xFilesFactor?: number },
): void {
  const handle = openWhisper(path);
  try {
    const { archives, aggregationMethod, xFilesFactor } = { ...handle.layout, ...change };
    const header = encodeHeader(archives, aggregationMethod, xFilesFactor);
    writeFully(handle.fd, header, 0, metadataBytes, 0);
  } finally {
    closeWhisper(handle);
  }
}
