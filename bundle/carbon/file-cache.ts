// Whisper files kept open, so that neither an update nor a read need open its file and read its
// header. When the limit is reached further files are opened for one use: going round more series
// than fit would otherwise throw out each file just before it is needed again.
import { closeWhisper, isReplaced, type WhisperHandle } from '../whisper/index.ts';

export interface FileCacheOptions {
  filesMax: number;
  /** A file that was deleted or renamed over by another program is noticed within this time. */
  checkSeconds: number;
  /** When room is needed, files that were not used for so long are closed. */
  idleSeconds: number;
}

interface Entry {
  handle: WhisperHandle;
  usedAt: number;
  checkedAt: number;
}

const sweepSeconds = 60;

/** Open files by key; times are in unix seconds. */
export class FileCache<Key> {
  readonly #entries = new Map<Key, Entry>();
  readonly #options: FileCacheOptions;
  #filesMax: number;
  #sweptAt = 0;

  constructor(options: FileCacheOptions) {
    this.#options = options;
    this.#filesMax = options.filesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The open file, or undefined when there is none or its path no longer leads to it. */
  get(key: Key, now: number): WhisperHandle | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now - entry.checkedAt >= this.#options.checkSeconds || now < entry.checkedAt) {
      if (isReplaced(entry.handle)) {
        this.drop(key);
        return undefined;
      }
      entry.checkedAt = now;
    }
    entry.usedAt = now;
    return entry.handle;
  }

  /** Keeps the file open when there is room; false when the caller must close it. */
  keep(key: Key, handle: WhisperHandle, now: number): boolean {
    if (this.size >= this.#filesMax) this.#sweep(now);
    if (this.size >= this.#filesMax) return false;
    this.#entries.set(key, { handle, usedAt: now, checkedAt: now });
    return true;
  }

  drop(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    closeWhisper(entry.handle);
    this.#entries.delete(key);
  }

  /** Closes every second file and keeps no more from now on: the process ran out of descriptors. */
  shrink(): void {
    this.#filesMax = Math.max(16, this.size >> 1);
    for (const key of this.#entries.keys()) {
      if (this.size <= this.#filesMax) return;
      this.drop(key);
    }
  }

  close(): void {
    for (const key of this.#entries.keys()) this.drop(key);
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < sweepSeconds) return;
    this.#sweptAt = now;
    for (const [key, { usedAt }] of this.#entries) {
      if (now - usedAt > this.#options.idleSeconds) this.drop(key);
    }
  }
}
