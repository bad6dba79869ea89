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

/** A set of whole numbers from 1 to 2^53, eight bytes each and some room: for a million of them. */
export class NumberSet {
  size = 0;
  private table = new Float64Array(1024);

  add(value: number): void {
    const slot = this.slotOf(value);
    if (this.table[slot] !== 0) return;
    this.table[slot] = value;
    this.size++;
    if (this.size * 4 > this.table.length * 3) this.rehash();
  }

  has(value: number): boolean {
    return this.table[this.slotOf(value)] !== 0;
  }

  /** Where the value is, or would go. */
  private slotOf(value: number): number {
    const mask = this.table.length - 1;
    let slot = (value % 4294967291) & mask;
    while (this.table[slot] !== 0 && this.table[slot] !== value) slot = (slot + 1) & mask;
    return slot;
  }

  private rehash(): void {
    const before = this.table;
    this.table = new Float64Array(before.length * 2);
    for (const value of before) if (value !== 0) this.table[this.slotOf(value)] = value;
  }
}
