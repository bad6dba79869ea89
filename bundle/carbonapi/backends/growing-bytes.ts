// Bytes that arrive in pieces, put together in one buffer: as many buffers as pieces would take a hundred
// times their room when a store sends byte by byte.

export class GrowingBytes {
  length = 0;
  #room = Buffer.alloc(0);

  /** What has arrived; valid until the next piece. */
  get bytes(): Buffer {
    return this.#room.subarray(0, this.length);
  }

  /** Copies `part` behind what there is. */
  push(part: Buffer): void {
    const length = this.length + part.length;
    if (length > this.#room.length) {
      // The first piece of most answers is all of it.
      const room = Buffer.allocUnsafe(this.length === 0 ? length : length * 2);
      this.#room.copy(room, 0, 0, this.length);
      this.#room = room;
    }
    part.copy(this.#room, this.length);
    this.length = length;
  }

  clear(): void {
    this.#room = Buffer.alloc(0);
    this.length = 0;
  }
}
