// Answers kept for a short while, bounded in bytes; what is out of date goes with the next one that
// comes, then the least recently used.
import type { Clock } from '../../core/clock.ts';

interface Entry<T> {
  value: T;
  bytes: number;
  /** Clock time, milliseconds. */
  expires: number;
}

/** What an entry costs beside its bytes: key, list links, headers. */
const entryOverheadBytes = 500;

export class AnswerCache<T> {
  readonly bytesMax: number;
  bytes = 0;
  hits = 0;
  misses = 0;
  readonly #clock: Clock;
  readonly #forgotten: (value: T) => void;
  // A Map remembers insertion order, which here is the order of use.
  readonly #entries = new Map<string, Entry<T>>();

  /** `forgotten` is called with each value that is kept no longer. */
  constructor(bytesMax: number, clock: Clock, forgotten: (value: T) => void = () => {}) {
    this.bytesMax = bytesMax;
    this.#clock = clock;
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expires <= this.#clock()) {
      if (entry !== undefined) this.#remove(key, entry);
      this.misses++;
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.hits++;
    return entry.value;
  }

  /** Keeps `value`, unless it alone would take more than a quarter of the room; whether it does. */
  set(key: string, value: T, valueBytes: number, keepMs: number): boolean {
    const bytes = valueBytes + key.length * 2 + entryOverheadBytes;
    if (bytes > this.bytesMax / 4 || keepMs <= 0) return false;
    const known = this.#entries.get(key);
    if (known !== undefined) this.#remove(key, known);
    const now = this.#clock();
    this.#entries.set(key, { value, bytes, expires: now + keepMs });
    this.bytes += bytes;
    // Answers that nobody can get any more would be most of the room, and of the process' memory.
    for (const [oldest, entry] of this.#entries) {
      if (this.bytes <= this.bytesMax && entry.expires > now) break;
      this.#remove(oldest, entry);
    }
    return true;
  }

  #remove(key: string, entry: Entry<T>): void {
    this.#entries.delete(key);
    this.bytes -= entry.bytes;
    this.#forgotten(entry.value);
  }
}
