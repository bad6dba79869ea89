// Points read from a frame, not yet checked: names as places in the frame's bytes, numbers in
// typed arrays. Decoders fill it, the emitter empties it; it is reused from frame to frame.

const none = Buffer.alloc(0);

export class PointBatch {
  count = 0;
  /** Things in the place of a point that are none. */
  malformed = 0;
  /** The frame; names are bytes[nameStart, nameEnd). */
  bytes: Uint8Array = none;
  nameStart = new Uint32Array(1024);
  nameEnd = new Uint32Array(1024);
  times = new Float64Array(1024);
  values = new Float64Array(1024);

  clear(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.count = 0;
    this.malformed = 0;
  }

  add(nameStart: number, nameEnd: number, time: number, value: number): void {
    const k = this.count;
    if (k === this.times.length) this.#grow();
    this.nameStart[k] = nameStart;
    this.nameEnd[k] = nameEnd;
    this.times[k] = time;
    this.values[k] = value;
    this.count = k + 1;
  }

  /** Lets go of the frame and, after an unusually large one, of the room it took. */
  release(): void {
    this.bytes = none;
    this.count = 0;
    if (this.times.length <= 65_536) return;
    this.nameStart = new Uint32Array(1024);
    this.nameEnd = new Uint32Array(1024);
    this.times = new Float64Array(1024);
    this.values = new Float64Array(1024);
  }

  #grow(): void {
    const length = this.times.length * 2;
    const words = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const wider = new Uint32Array(length);
      wider.set(old);
      return wider;
    };
    const numbers = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const wider = new Float64Array(length);
      wider.set(old);
      return wider;
    };
    this.nameStart = words(this.nameStart);
    this.nameEnd = words(this.nameEnd);
    this.times = numbers(this.times);
    this.values = numbers(this.values);
  }
}

/**
 * Reads the points of bytes[start, end) into `batch`, which is cleared first. Returns undefined, or
 * what is wrong: then nothing of the frame counts.
 */
export type FrameDecoder = (
  bytes: Uint8Array,
  start: number,
  end: number,
  batch: PointBatch,
) => string | undefined;
