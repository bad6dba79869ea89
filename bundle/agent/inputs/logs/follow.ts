// Follows one log file: appended lines, rotation by rename (the old file is read to its end first, also one
// rotated while nobody looked), truncation and rewriting in place. The position survives restarts; lines and work per look are bounded.
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../../core/errors.ts';

/** Where reading stands; saved between runs. */
export interface Position {
  device: number;
  inode: number;
  offset: number;
}

export interface FollowCounts {
  lines: number;
  /** Longer than the bound; their rest is skipped. */
  longLines: number;
  rotations: number;
  truncations: number;
}

const chunkBytes = 64 * 1024;
const lineBytesMax = 64 * 1024;
/** One file may not keep the others waiting; the rest comes with the next look. */
const bytesPerLookMax = 4 * 1024 * 1024;
/** So many bytes before the position are compared: a file rewritten in place may be long enough again. */
const tailBytes = 64;
const lineFeed = 10;

export class FileFollower {
  readonly path: string;
  readonly #take: (line: string) => void;
  readonly #counts: FollowCounts;
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  #file: FileHandle | undefined;
  #position: Position | undefined;
  #rest = Buffer.alloc(0);
  #isSkipping = false;
  /** What was last read, and when the file had changed then. */
  #tail = Buffer.alloc(0);
  #changedMs = 0;

  /** Without a known position reading begins at the start, or at the end when `fromEnd`. */
  constructor(
    path: string,
    take: (line: string) => void,
    counts: FollowCounts,
    position: Position | undefined,
  ) {
    this.path = path;
    this.#take = take;
    this.#counts = counts;
    this.#position = position;
  }

  /** Up to where whole lines were taken; undefined before the file was first seen. */
  get position(): Position | undefined {
    if (this.#position === undefined) return undefined;
    return { ...this.#position, offset: this.#position.offset - this.#rest.length };
  }

  /** Reads what was appended since the last look; a file that is not there is no error. */
  async look(fromEnd: boolean): Promise<void> {
    try {
      this.#file ??= await this.#open(fromEnd);
      if (this.#file === undefined) return;
      if (!(await this.#readToEnd(this.#file))) return;
      const current = await stat(this.path).catch(() => undefined);
      const isReplaced =
        current !== undefined &&
        (current.ino !== this.#position?.inode || current.dev !== this.#position.device);
      if (!isReplaced) return;
      // what came between the last read and the rename
      await this.#readToEnd(this.#file);
      this.#endLine();
      await this.close();
      this.#position = undefined;
      this.#counts.rotations += 1;
      this.#file = await this.#open(false);
      if (this.#file !== undefined) await this.#readToEnd(this.#file);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(fromEnd: boolean): Promise<FileHandle | undefined> {
    let file: FileHandle;
    try {
      file = await open(this.path, 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    const { dev, ino, size, ...kind } = await file.stat().then((found) => ({
      dev: found.dev,
      ino: found.ino,
      size: found.size,
      isFile: found.isFile(),
    }));
    if (!kind.isFile) {
      await file.close();
      return undefined;
    }
    if (this.#position !== undefined && this.#position.inode !== ino) await this.#readRotated();
    const isKnown =
      this.#position?.inode === ino &&
      this.#position.device === dev &&
      this.#position.offset <= size;
    if (!isKnown) {
      const wasKnown = this.#position !== undefined;
      this.#position = { device: dev, inode: ino, offset: fromEnd && !wasKnown ? size : 0 };
    }
    this.#beginAnew();
    return file;
  }

  // The file that was followed before, if it lies beside the new one under a name that begins alike.
  async #readRotated(): Promise<void> {
    const directory = dirname(this.path);
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (path === this.path || !name.startsWith(basename(this.path))) continue;
      const found = await stat(path).catch(() => undefined);
      if (found?.ino !== this.#position?.inode || found?.dev !== this.#position?.device) continue;
      const file = await open(path, 'r');
      try {
        while (!(await this.#readToEnd(file)));
        this.#endLine();
        this.#counts.rotations += 1;
      } finally {
        await file.close();
      }
    }
  }

  #beginAnew(): void {
    this.#rest = Buffer.alloc(0);
    this.#tail = Buffer.alloc(0);
    this.#isSkipping = false;
  }

  async #isRewritten(file: FileHandle, offset: number): Promise<boolean> {
    const { length } = this.#tail;
    if (length === 0) return false;
    const { bytesRead, buffer } = await file.read(this.#buffer, 0, length, offset - length);
    return !this.#tail.equals(buffer.subarray(0, bytesRead));
  }

  // Whether the end was reached within this look's share.
  async #readToEnd(file: FileHandle): Promise<boolean> {
    const position = this.#position;
    if (position === undefined) return true;
    const { size, mtimeMs } = await file.stat();
    const hasChanged = mtimeMs !== this.#changedMs;
    this.#changedMs = mtimeMs;
    if (
      size < position.offset ||
      (hasChanged && (await this.#isRewritten(file, position.offset)))
    ) {
      this.#counts.truncations += 1;
      position.offset = 0;
      this.#beginAnew();
    }
    for (let read = 0; read < bytesPerLookMax; ) {
      const { bytesRead } = await file.read(this.#buffer, 0, chunkBytes, position.offset);
      if (bytesRead === 0) return true;
      position.offset += bytesRead;
      read += bytesRead;
      this.#tail = Buffer.from(
        this.#buffer.subarray(Math.max(0, bytesRead - tailBytes), bytesRead),
      );
      this.#takeChunk(this.#buffer.subarray(0, bytesRead));
    }
    return false;
  }

  #takeChunk(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      if (this.#isSkipping) this.#isSkipping = false;
      else {
        const part = chunk.subarray(from, end);
        this.#takeLine(this.#rest.length > 0 ? Buffer.concat([this.#rest, part]) : part);
      }
      this.#rest = Buffer.alloc(0);
      from = end + 1;
    }
    if (this.#isSkipping) return;
    this.#rest = Buffer.concat([this.#rest, chunk.subarray(from)]);
    if (this.#rest.length > lineBytesMax) {
      this.#counts.longLines += 1;
      this.#rest = Buffer.alloc(0);
      this.#isSkipping = true;
    }
  }

  #takeLine(bytes: Buffer): void {
    if (bytes.length > lineBytesMax) {
      this.#counts.longLines += 1;
      return;
    }
    const end = bytes.at(-1) === 13 ? bytes.length - 1 : bytes.length;
    this.#counts.lines += 1;
    this.#take(bytes.toString('utf8', 0, end));
  }

  // A rotated file gets no more: its last line is whole, with or without a line feed.
  #endLine(): void {
    if (this.#rest.length > 0 && !this.#isSkipping) this.#takeLine(this.#rest);
    this.#rest = Buffer.alloc(0);
  }
}
