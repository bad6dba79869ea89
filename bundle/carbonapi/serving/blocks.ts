// Memory that goes round. What a large request reads and answers is megabytes outside the heap; taken
// afresh each time, collecting it costs more than all the rest of the request.

/** Bytes of a block. */
export const blockBytes = 256 * 1024;
/** Free blocks that are kept: 8 MiB. */
const freeMax = 32;

const free: ArrayBuffer[] = [];

/** A block that small answers are cut from, one behind the other. */
class SharedBlock {
  readonly memory = takeBlock();
  used = 0;
  /** Those whose answers are in it, and one while more may come. */
  holders = 1;

  leave(): void {
    if (--this.holders === 0) giveBack(this.memory);
  }
}

let shared: SharedBlock | undefined;

const takeBlock = (): ArrayBuffer => free.pop() ?? new ArrayBuffer(blockBytes);

function giveBack(block: ArrayBuffer): void {
  if (free.length < freeMax) free.push(block);
}

/** The blocks of one request or one answer; they go round when the last of its holders leaves. */
export class Blocks {
  #blocks: ArrayBuffer[] = [];
  #holders = 1;
  #shared: SharedBlock[] = [];
  #column = new ArrayBuffer(0);
  #columnUsed = 0;

  hold(): void {
    this.#holders++;
  }

  /** Never called while somebody might write: who cannot tell leaves the blocks to the collector. */
  leave(): void {
    if (--this.#holders !== 0) return;
    for (const block of this.#blocks) giveBack(block);
    for (const block of this.#shared) block.leave();
    this.#blocks = [];
    this.#shared = [];
  }

  /** `blockBytes` bytes with anything in them. */
  take(): Buffer {
    return Buffer.from(this.#takeBlock());
  }

  /** Some bytes, much fewer than a block has, with anything in them. */
  cut(bytes: number): Buffer {
    if (shared === undefined || shared.used + bytes > blockBytes) {
      shared?.leave();
      shared = new SharedBlock();
    }
    if (this.#shared.at(-1) !== shared) {
      shared.holders++;
      this.#shared.push(shared);
    }
    const begin = shared.used;
    shared.used += bytes;
    return Buffer.from(shared.memory, begin, bytes);
  }

  /** What `cut` gave is used up to `bytes` only: the rest is free again if nothing was cut since. */
  trim(cut: Buffer, bytes: number): void {
    const last = this.#shared.at(-1);
    if (last === shared && last?.used === cut.byteOffset + cut.length)
      last.used = cut.byteOffset + bytes;
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
    const block = takeBlock();
    this.#blocks.push(block);
    return block;
  }
}
