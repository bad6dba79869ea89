// Points that are not on disk yet, 16 bytes each, in one block of memory that the system backs
// with pages only as it is used. Points of one series form a chain from the newest to the oldest,
// so that receiving touches memory in sequence.
//
//   record r: u32 previous record (0 = none), u32 time (unix seconds), f64 value

export const pointBytes = 16;

export class PointPool {
  /** Words of a record: [4r] previous, [4r + 1] time. */
  readonly words: Uint32Array;
  /** [2r + 1] is the value of record r. */
  readonly values: Float64Array;
  /** Records in use. */
  used = 0;
  readonly capacity: number;
  #free = 0;
  #end = 1; // record 0 stands for "none"

  constructor(bytesMax: number) {
    this.capacity = Math.floor(bytesMax / pointBytes);
    const block = new ArrayBuffer((this.capacity + 1) * pointBytes);
    this.words = new Uint32Array(block);
    this.values = new Float64Array(block);
  }

  get bytesUsed(): number {
    return this.used * pointBytes;
  }

  /** A new record that chains to `previous`; 0 when the budget is spent. */
  add(previous: number, time: number, value: number): number {
    const words = this.words;
    let record = this.#free;
    if (record !== 0) {
      this.#free = words[record * 4] as number;
    } else if (this.#end <= this.capacity) {
      record = this.#end++;
    } else {
      return 0;
    }
    this.used++;
    words[record * 4] = previous;
    words[record * 4 + 1] = time;
    this.values[record * 2 + 1] = value;
    return record;
  }

  /** Gives back the chain from `newest` to `oldest`, which holds `count` records. */
  release(newest: number, oldest: number, count: number): void {
    this.used -= count;
    if (this.used === 0) {
      this.#free = 0;
      this.#end = 1; // start over in sequence
      return;
    }
    this.words[oldest * 4] = this.#free;
    this.#free = newest;
  }
}
