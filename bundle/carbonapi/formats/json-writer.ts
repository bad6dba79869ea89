// Writes JSON as bytes, in chunks of bounded size.
import { type Blocks, blockBytes } from '../serving/blocks.ts';
import { numberBytesMax, TimeWriter, writeNumber } from './number-bytes.ts';

/** Some thousand points, and room for names: little enough to be made in one turn. */
const chunkBytes = blockBytes - 8 * 1024;
/** A chunk that grows beyond this gets a whole block. */
const smallBytesMax = 32 * 1024;
/** Always free at the end of the buffer: enough for one more point. */
const slackBytes = 2 * numberBytesMax + 8;
/** What a point takes as a rule, `[12.34,1700000000],`. */
const pointBytesUsual = 24;

const noBytes = Buffer.alloc(0);
const comma = 44;
const open = 91;
const close = 93;
const zero = 48;

export class JsonWriter {
  #bytes: Buffer = noBytes;
  #length = 0;
  /** Whether the chunk shares its block with others. */
  #isCut = false;
  readonly #times = new TimeWriter();
  readonly #blocks: Blocks | undefined;

  constructor(blocks?: Blocks) {
    this.#blocks = blocks;
  }

  get isFull(): boolean {
    return this.#length >= chunkBytes;
  }

  /** What was written since the last chunk; the caller owns it. */
  takeChunk(): Uint8Array {
    const chunk = this.#bytes.subarray(0, this.#length);
    if (this.#isCut) this.#blocks?.trim(this.#bytes, this.#length);
    this.#isCut = false;
    this.#bytes = noBytes;
    this.#length = 0;
    return chunk;
  }

  /** Any text, as it is. */
  text(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    this.#reserve(text.length * 3);
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
    options: { isFirst: boolean; noNulls: boolean; timeZeros: number },
  ): number {
    const { noNulls, timeZeros } = options;
    const times = this.#times;
    let i = from;
    while (i < values.length && !this.isFull) {
      const wanted = (values.length - i) * pointBytesUsual;
      this.#reserve(Math.min(wanted, chunkBytes - this.#length));
      const bytes = this.#bytes;
      const bound = Math.min(bytes.length - slackBytes, chunkBytes);
      let at = this.#length;
      for (; i < values.length && at < bound; i++) {
        const value = values[i] as number;
        if (noNulls && Number.isNaN(value)) continue;
        if (options.isFirst) options.isFirst = false;
        else bytes[at++] = comma;
        bytes[at++] = open;
        at = writeNumber(bytes, at, value);
        bytes[at++] = comma;
        const time = start + i * step;
        at = times.write(bytes, at, time);
        if (time > 0) for (let k = 0; k < timeZeros; k++) bytes[at++] = zero;
        bytes[at++] = close;
      }
      this.#length = at;
    }
    return i;
  }

  /** Makes room for `bytes` more, and the slack. */
  #reserve(bytes: number): void {
    const needed = this.#length + bytes + slackBytes;
    if (needed <= this.#bytes.length) return;
    const larger = this.#larger(needed);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  #larger(needed: number): Buffer {
    const blocks = this.#blocks;
    const roomy = Math.max(needed, Math.ceil(this.#bytes.length * 1.5));
    if (blocks === undefined || needed > blockBytes) return Buffer.allocUnsafe(roomy);
    // As a rule the larger piece begins where the smaller one did.
    if (this.#isCut) blocks.trim(this.#bytes, 0);
    this.#isCut = needed <= smallBytesMax;
    return this.#isCut ? blocks.cut(roomy) : blocks.take();
  }
}
