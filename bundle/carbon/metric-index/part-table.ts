// Every distinct name part once: its bytes in one arena, a hash table from bytes to a small id.
// The same parts ("cpu", "load", host names) occur in thousands of series, so the tree above keeps
// four bytes a node instead of a string.
//
//   arena    ...cpuloadweb01...          UTF-8, no separators
//   starts   id -> offset in the arena   lengths  id -> bytes   counts  id -> nodes that use it
//   table    open addressing, id + 1; 0 is empty
import { grown } from './growing.ts';

/** FNV-1a over bytes, never negative. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  // The low bits pick the slot and FNV leaves them weak.
  return (hash ^ (hash >>> 15)) >>> 0;
}

export class PartTable {
  /** Parts in use. */
  size = 0;
  bytes = Buffer.allocUnsafe(4096);
  private bytesUsed = 0;
  private bytesLost = 0;
  private starts = new Uint32Array(64);
  private lengths = new Uint32Array(64);
  private counts = new Uint32Array(64);
  private idsUsed = 0;
  private freeIds: number[] = [];
  private table = new Uint32Array(128);

  start(id: number): number {
    return this.starts[id]!;
  }

  end(id: number): number {
    return this.starts[id]! + this.lengths[id]!;
  }

  text(id: number): string {
    return this.bytes.toString('utf8', this.start(id), this.end(id));
  }

  /** The id of a part, or -1. */
  find(source: Uint8Array, start: number, end: number): number {
    const mask = this.table.length - 1;
    for (let slot = hashBytes(source, start, end) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.table[slot]!;
      if (entry === 0) return -1;
      if (this.equals(entry - 1, source, start, end)) return entry - 1;
    }
  }

  /** Counts one more user of a part. */
  retain(id: number): void {
    this.counts[id]!++;
  }

  /** One user less; the last one frees the part. */
  release(id: number): void {
    this.counts[id]!--;
    if (this.counts[id]! > 0) return;
    this.erase(id);
    this.size--;
    this.bytesLost += this.lengths[id]!;
    this.freeIds.push(id);
    if (this.bytesLost > 65536 && this.bytesLost * 2 > this.bytesUsed) this.compact();
  }

  get memoryBytes(): number {
    return this.bytes.length + 4 * (this.starts.length * 3 + this.table.length);
  }

  private equals(id: number, source: Uint8Array, start: number, end: number): boolean {
    const length = this.lengths[id]!;
    if (length !== end - start) return false;
    const offset = this.starts[id]!;
    const { bytes } = this;
    for (let i = 0; i < length; i++) if (bytes[offset + i] !== source[start + i]) return false;
    return true;
  }

  /** The id of a part that is not there yet and has no user. */
  insert(source: Uint8Array, start: number, end: number): number {
    if ((this.size + 1) * 4 > this.table.length * 3) this.rehash();
    const id = this.freeIds.pop() ?? this.idsUsed++;
    this.starts = grown(this.starts, id + 1);
    this.lengths = grown(this.lengths, id + 1);
    this.counts = grown(this.counts, id + 1);
    this.starts[id] = this.bytesUsed;
    this.lengths[id] = end - start;
    this.counts[id] = 0;
    this.append(source, start, end);
    this.place(id);
    this.size++;
    return id;
  }

  private append(source: Uint8Array, start: number, end: number): void {
    const needed = this.bytesUsed + end - start;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, Math.ceil(this.bytes.length * 1.5)));
      this.bytes.copy(larger, 0, 0, this.bytesUsed);
      this.bytes = larger;
    }
    const { bytes } = this;
    for (let i = start; i < end; i++) bytes[this.bytesUsed++] = source[i]!;
  }

  private place(id: number): void {
    const mask = this.table.length - 1;
    let slot = hashBytes(this.bytes, this.start(id), this.end(id)) & mask;
    while (this.table[slot] !== 0) slot = (slot + 1) & mask;
    this.table[slot] = id + 1;
  }

  private rehash(): void {
    const before = this.table;
    this.table = new Uint32Array(before.length * 2);
    for (let i = 0; i < before.length; i++) if (before[i] !== 0) this.place(before[i]! - 1);
  }

  // Removal from open addressing without tombstones: later entries of the run move up.
  private erase(id: number): void {
    const mask = this.table.length - 1;
    let hole = hashBytes(this.bytes, this.start(id), this.end(id)) & mask;
    while (this.table[hole] !== id + 1) hole = (hole + 1) & mask;
    this.table[hole] = 0;
    for (let slot = (hole + 1) & mask; this.table[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.table[slot]!;
      const home = hashBytes(this.bytes, this.start(entry - 1), this.end(entry - 1)) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.table[hole] = entry;
      this.table[slot] = 0;
      hole = slot;
    }
  }

  private compact(): void {
    const before = this.bytes;
    this.bytes = Buffer.allocUnsafe(Math.ceil((this.bytesUsed - this.bytesLost) * 1.25) + 64);
    this.bytesUsed = 0;
    this.bytesLost = 0;
    for (const entry of this.table) {
      if (entry === 0) continue;
      const start = this.start(entry - 1);
      this.starts[entry - 1] = this.bytesUsed;
      this.append(before, start, start + this.lengths[entry - 1]!);
    }
  }
}
