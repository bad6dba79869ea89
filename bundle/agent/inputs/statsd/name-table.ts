// Buckets by the bytes of their name as clients spell it: open addressing over hashes, names in one
// arena, so that a known name costs no string.
import type { Bucket } from './bucket.ts';

const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;
const slotsMin = 1024;

/** FNV-1a's state before the first byte; fold each byte in with `foldByte`. */
export const hashStart = offsetBasis | 0;

export function foldByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, prime);
}

export class NameTable {
  #slots = new Int32Array(slotsMin).fill(-1);
  #hashes = new Int32Array(slotsMin / 2);
  #offsets = new Uint32Array(slotsMin / 2 + 1);
  #buckets: Bucket[] = [];
  #arena = Buffer.alloc(slotsMin * 16);

  get size(): number {
    return this.#buckets.length;
  }

  /** The bucket spelled bytes[from..to), whose hash is given; undefined when not known. */
  find(bytes: Uint8Array, from: number, to: number, hash: number): Bucket | undefined {
    const mask = this.#slots.length - 1;
    const length = to - from;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry < 0) return undefined;
      if (this.#hashes[entry] !== hash) continue;
      const offset = this.#offsets[entry]!;
      if (this.#offsets[entry + 1]! - offset !== length) continue;
      let i = 0;
      while (i < length && this.#arena[offset + i] === bytes[from + i]) i++;
      if (i === length) return this.#buckets[entry];
    }
  }

  /** Adds a spelling that `find` does not know. */
  add(bytes: Uint8Array, from: number, to: number, hash: number, bucket: Bucket): void {
    const entry = this.#buckets.length;
    if (entry >= this.#hashes.length) this.#grow();
    const offset = this.#offsets[entry]!;
    const end = offset + to - from;
    if (end > this.#arena.length) {
      const arena = Buffer.alloc(Math.max(end, this.#arena.length * 2));
      this.#arena.copy(arena);
      this.#arena = arena;
    }
    this.#arena.set(bytes.subarray(from, to), offset);
    this.#offsets[entry + 1] = end;
    this.#hashes[entry] = hash;
    this.#buckets.push(bucket);
    this.#place(entry, hash);
  }

  clear(): void {
    if (this.size === 0) return;
    this.#slots.fill(-1);
    this.#buckets = [];
  }

  #place(entry: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry;
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2;
    const hashes = new Int32Array(capacity);
    hashes.set(this.#hashes);
    const offsets = new Uint32Array(capacity + 1);
    offsets.set(this.#offsets);
    this.#hashes = hashes;
    this.#offsets = offsets;
    this.#slots = new Int32Array(capacity * 2).fill(-1);
    for (let entry = 0; entry < this.#buckets.length; entry++) this.#place(entry, hashes[entry]!);
  }
}
