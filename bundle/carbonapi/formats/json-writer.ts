// Writes JSON as bytes, in chunks of bounded size.
import { numberBytesMax, writeInteger, writeNumber } from './number-bytes.ts';

const chunkBytes = 64 * 1024;
/** Room for one point beyond a full chunk; names make room for themselves. */
const slackBytes = 4 * numberBytesMax;

const comma = 44;
const open = 91;
const close = 93;

export class JsonWriter {
  #bytes = Buffer.allocUnsafe(chunkBytes + slackBytes);
  #length = 0;

  get isFull(): boolean {
    return this.#length >= chunkBytes;
  }

  /** What was written since the last chunk; the caller owns it. */
  takeChunk(): Uint8Array {
    const chunk = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafe(chunkBytes + slackBytes);
    this.#length = 0;
    return chunk;
  }

  /** Any text, as it is. */
  text(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    const needed = this.#length + text.length * 3 + slackBytes;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(needed * 2);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(text, this.#length);
  }

  /**
   * Writes `[value,time]` with commas between for points from `from` on, until the chunk is full or
   * the series ends; returns the index of the first point not written. `isFirst`: no comma before.
   */
  points(
    values: Float64Array,
    start: number,
    step: number,
    from: number,
    options: { isFirst: boolean; noNulls: boolean },
  ): number {
    const { noNulls } = options;
    const bytes = this.#bytes;
    let at = this.#length;
    let i = from;
    for (; i < values.length && at < chunkBytes; i++) {
      const value = values[i] as number;
      if (noNulls && Number.isNaN(value)) continue;
      if (options.isFirst) options.isFirst = false;
      else bytes[at++] = comma;
      bytes[at++] = open;
      at = writeNumber(bytes, at, value);
      bytes[at++] = comma;
      at = writeInteger(bytes, at, start + i * step);
      bytes[at++] = close;
    }
    this.#length = at;
    return i;
  }
}
