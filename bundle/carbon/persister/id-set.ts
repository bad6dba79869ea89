// A set of series ids at one bit each: ids are small whole numbers without gaps.

/** Grows with the largest id added. */
export class IdSet {
  #words = new Uint32Array(1024);

  has(id: number): boolean {
    const word = this.#words[id >>> 5];
    return word !== undefined && (word & (1 << (id & 31))) !== 0;
  }

  add(id: number): void {
    const at = id >>> 5;
    if (at >= this.#words.length) {
      const wider = new Uint32Array(Math.max(at + 1, this.#words.length * 2));
      wider.set(this.#words);
      this.#words = wider;
    }
    this.#words[at] = (this.#words[at] as number) | (1 << (id & 31));
  }

  delete(id: number): void {
    const at = id >>> 5;
    if (at < this.#words.length) this.#words[at] = (this.#words[at] as number) & ~(1 << (id & 31));
  }
}
