// Whisper files kept open, by series id, so that an update need not open its file and read its
// header. When the limit is reached further files are opened for one use: going round more series
// than fit would otherwise throw out each file just before it is needed again.
import { closeWhisper, isReplaced, type WhisperHandle } from '../../whisper/index.ts';

interface Entry {
  handle: WhisperHandle;
  usedAt: number;
  checkedAt: number;
}

// A file that was deleted or renamed over by another program is noticed within this time.
const checkSeconds = 30;
const idleSeconds = 900;
const sweepSeconds = 60;

export class FileCache {
  size = 0;
  readonly #entries: (Entry | undefined)[] = [];
  #filesMax: number;
  #sweptAt = 0;

  constructor(filesMax: number) {
    this.#filesMax = filesMax;
  }

  /** The open file of the series, or undefined. `now` is in unix seconds. */
  get(id: number, now: number): WhisperHandle | undefined {
    const entry = this.#entries[id];
    if (entry === undefined) return undefined;
    if (now - entry.checkedAt >= checkSeconds || now < entry.checkedAt) {
      if (isReplaced(entry.handle)) {
        this.drop(id);
        return undefined;
      }
      entry.checkedAt = now;
    }
    entry.usedAt = now;
    return entry.handle;
  }

  /** Keeps the file open when there is room; false when the caller must close it. */
  keep(id: number, handle: WhisperHandle, now: number): boolean {
    if (this.size >= this.#filesMax) this.#sweep(now);
    if (this.size >= this.#filesMax) return false;
    this.#entries[id] = { handle, usedAt: now, checkedAt: now };
    this.size++;
    return true;
  }

  drop(id: number): void {
    const entry = this.#entries[id];
    if (entry === undefined) return;
    closeWhisper(entry.handle);
    delete this.#entries[id];
    this.size--;
  }

  /** Closes every second file and keeps no more from now on: the process ran out of descriptors. */
  shrink(): void {
    this.#filesMax = Math.max(16, this.size >> 1);
    for (const id of Object.keys(this.#entries)) {
      if (this.size <= this.#filesMax) return;
      this.drop(Number(id));
    }
  }

  close(): void {
    for (const id of Object.keys(this.#entries)) this.drop(Number(id));
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < sweepSeconds) return;
    this.#sweptAt = now;
    for (const id of Object.keys(this.#entries)) {
      if (now - (this.#entries[Number(id)]?.usedAt ?? now) > idleSeconds) this.drop(Number(id));
    }
  }
}
