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
import { closeWhisper, noArrivals, openWhisper, type WhisperHandle } from './handle.ts';
import {
  encodeHeader,
  layoutOf,
  metadataBytes,
  validateArchives,
  type WhisperLayout,
} from './header.ts';
import type { ArchiveSpec } from './retention.ts';
import { writeFully } from './write-fully.ts';

/** What a new file is to hold. */
export interface FileSettings {
  archives: readonly ArchiveSpec[];
  aggregationMethod?: AggregationMethod;
  /** Share (0 to 1) of fine slots that must be filled for a roll-up. */
  xFilesFactor?: number;
}

export interface CreateOptions extends FileSettings {
  /** Leave holes instead of writing zeros: faster, but later updates may find the disk full. */
  sparse?: boolean;
  /** Wait until the file is on disk. */
  sync?: boolean;
}

/** What all files with the same settings have in common: checked and encoded once. */
export interface Blueprint {
  readonly header: Buffer;
  readonly layout: WhisperLayout;
}

function checkXFilesFactor(xFilesFactor: number): void {
  if (xFilesFactor >= 0 && xFilesFactor <= 1) return;
  throw new OperatingError(
    'bad-x-files-factor',
    `the xFilesFactor must be between 0 and 1, not ${xFilesFactor}`,
  );
}

/** Checks settings; throws `bad-archives` or `bad-x-files-factor`. */
export function blueprintOf(settings: FileSettings): Blueprint {
  const archives = validateArchives(settings.archives);
  const xFilesFactor = settings.xFilesFactor ?? 0.5;
  checkXFilesFactor(xFilesFactor);
  const header = encodeHeader(archives, settings.aggregationMethod ?? 'average', xFilesFactor);
  return { header, layout: layoutOf(header, 'a new file') };
}

/**
 * Creates a whisper file full of empty slots, with its parent directories. Throws
 * `whisper-exists`, `bad-archives`, `bad-x-files-factor`, or the system's error (ENOSPC …), and
 * then leaves nothing behind.
 */
export function createWhisper(path: string, options: CreateOptions): void {
  const blueprint = blueprintOf(options);
  if (existsSync(path)) {
    throw new OperatingError('whisper-exists', `the file ${path} exists already`);
  }
  closeSync(createFile(path, blueprint, options.sparse ?? false, options.sync ?? false));
}

/**
 * Creates a file and leaves it open for its first points; the caller closes it, and has looked
 * that there is none: it would be replaced. Throws the system's error.
 */
export function createOpenWhisper(
  path: string,
  blueprint: Blueprint,
  sparse: boolean,
): WhisperHandle {
  const fd = createFile(path, blueprint, sparse, false);
  const { layout } = blueprint;
  return {
    path,
    layout,
    readOnly: false,
    fd,
    bases: layout.archives.map(() => 0),
    isUntouched: true,
    arrivals: noArrivals(),
  };
}

// The kernel keeps what one call writes as one piece of its cache, and an update costs more in a
// large piece: 7.4 us of system time in a file written at once, 2 to 3 in one written so. Making
// the file costs the same either way.
const zeros = Buffer.alloc(32 * 1024);
let sequence = 0;
// Series of one directory tend to come together.
let lastDirectory = '';

// A failed open costs more than all of the creation: its error is made, with a stack.
function prepareDirectory(directory: string): void {
  if (directory === lastDirectory) return;
  if (!existsSync(directory)) mkdirSync(directory, { recursive: true });
  lastDirectory = directory;
}

function openBeside(directory: string): [string, number] {
  sequence += 1;
  const path = `${directory}/.${process.pid}.${sequence}.tmp`;
  prepareDirectory(directory);
  try {
    return [path, openSync(path, 'w+', 0o644)];
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    mkdirSync(directory, { recursive: true });
    return [path, openSync(path, 'w+', 0o644)];
  }
}

function writeZeros(fd: number, from: number, size: number): void {
  for (let at = from; at < size; at += zeros.length)
    writeFully(fd, zeros, 0, Math.min(zeros.length, size - at), at);
}

function createFile(path: string, blueprint: Blueprint, sparse: boolean, sync: boolean): number {
  const { header, layout } = blueprint;
  const [beside, fd] = openBeside(dirname(path));
  try {
    writeFully(fd, header, 0, header.length, 0);
    if (sparse) ftruncateSync(fd, layout.fileBytes);
    else writeZeros(fd, header.length, layout.fileBytes);
    if (sync) fsyncSync(fd);
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
 * rolled up already stays. Throws `bad-x-files-factor`, `whisper-missing` or
 * `whisper-corrupt`.
 */
export function setAggregation(
  path: string,
  change: { aggregationMethod?: AggregationMethod; xFilesFactor?: number },
): AggregationMethod {
  const handle = openWhisper(path);
  try {
    const { archives, aggregationMethod, xFilesFactor } = { ...handle.layout, ...change };
    checkXFilesFactor(xFilesFactor);
    const header = encodeHeader(archives, aggregationMethod, xFilesFactor);
    writeFully(handle.fd, header, 0, metadataBytes, 0);
    return handle.layout.aggregationMethod;
  } finally {
    closeWhisper(handle);
  }
}
