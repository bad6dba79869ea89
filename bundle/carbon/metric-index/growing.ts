// Typed arrays that grow: columns of numbers addressed by a small dense id.

/** A copy of `column` with room for at least `length` elements; growth is by half, so few copies. */
export function grown(column: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= column.length) return column;
  const larger = new Uint32Array(Math.max(length, 64, Math.ceil(column.length * 1.5)));
  larger.set(column);
  return larger;
}

/** A set of small integers, one bit each. */
export class BitSet {
  private words = new Uint32Array(64);

  get memoryBytes(): number {
    return this.words.byteLength;
  }

  add(id: number): void {
    const word = id >>> 5;
    this.words = grown(this.words, word + 1);
    this.words[word] = this.words[word]! | (1 << (id & 31));
  }

  delete(id: number): void {
    const word = id >>> 5;
    if (word < this.words.length) this.words[word] = this.words[word]! & ~(1 << (id & 31));
  }

  has(id: number): boolean {
    const word = id >>> 5;
    return word < this.words.length && (this.words[word]! & (1 << (id & 31))) !== 0;
  }
}
