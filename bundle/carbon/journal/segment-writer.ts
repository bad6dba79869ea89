// Writes sealed batches of journal blocks to segment files, one write at a time, in order. A write
// that failed leaves no trace: the next one begins at the same place.
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { blockHeader, blockKinds, fileMagic, segmentFileName } from './segment-format.ts';

/** One group write: the names that are new in the segment, then points. */
export interface SealedBatch {
  segment: number;
  names: Uint8Array;
  points: Uint8Array;
}

/** Where sealed batches go. */
export type BatchSink = Pick<SegmentWriter, 'write' | 'sync' | 'close' | 'remove'>;

export class SegmentWriter {
  readonly #directory: string;
  #file: FileHandle | undefined;
  #segment = 0;
  #offset = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Appends batches of one segment to it, making the file for the first; returns the bytes written.
   */
  async write(batches: readonly SealedBatch[]): Promise<number> {
    const segment = batches[0]?.segment ?? this.#segment;
    if (this.#file === undefined || this.#segment !== segment) {
      await this.close();
      const path = join(this.#directory, segmentFileName(segment));
      this.#file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
      this.#segment = segment;
      this.#offset = 0;
    }
    const parts: Uint8Array[] = this.#offset === 0 ? [fileMagic] : [];
    for (const { names, points } of batches) {
      if (names.length > 0) parts.push(blockHeader(blockKinds.names, names), names);
      if (points.length > 0) parts.push(blockHeader(blockKinds.points, points), points);
    }
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const { bytesWritten } = await this.#file.writev(parts, this.#offset);
    if (bytesWritten !== length) {
      throw Object.assign(new Error(`only ${bytesWritten} of ${length} bytes were written`), {
        code: 'ENOSPC',
      });
    }
    this.#offset += length;
    return length;
  }

  /** Everything written so far is on the medium when this resolves. */
  async sync(): Promise<void> {
    await this.#file?.datasync();
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async remove(segment: number): Promise<void> {
    await rm(join(this.#directory, segmentFileName(segment)), { force: true });
  }
}
