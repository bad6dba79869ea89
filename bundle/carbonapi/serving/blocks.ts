// Memory that goes round. What a large request reads and answers is megabytes outside the heap; taken
// afresh each time, collecting it costs more than all the rest of the request.

/** Bytes of a block. */
export const blockBytes = 256 * 1024;
/** Free blocks that are kept: 8 MiB. */
const freeMax = 32;

const free: ArrayBuffer[] = [];

/** The blocks of one request or one answer; they go round when the last of its holders leaves. */
export class Blocks {
  #blocks: ArrayBuffer[] = [];
  #holders = 1;
  #column = new ArrayBuffer(0);
  #columnUsed = 0;

  hold(): void {
    this.#holders++;
  }

  /** Never called while somebody might write: who cannot tell leaves the blocks to the collector. */
  leave(): void {
    if (--this.#holders !== 0) return;
    for (const block of this.#blocks) if (free.length < freeMax) free.push(block);
    this.#blocks = [];
  }

  /** `blockBytes` bytes with anything in them. */
  take(): Buffer {
    return Buffer.from(this.#takeBlock());
  }

  /** A column of `length` points with anything in them, several to a block. */
  column(length: number): Float64Array {
    const bytes = length * Float64Array.BYTES_PER_ELEMENT;
    if (bytes > blockBytes) return new Float64Array(length);
    if (this.#columnUsed + bytes > this.#column.byteLength) {
      this.#column = this.#takeBlock();
      this.#columnUsed = 0;
    }
    const column = new Float64Array(this.#column, this.#columnUsed, length);
    this.#columnUsed += bytes;
    return column;
  }

  #takeBlock(): ArrayBuffer {
    const block = free.pop() ?? new ArrayBuffer(blockBytes);
    this.#blocks.push(block);
    return block;
  }
}
