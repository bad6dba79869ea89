// Series names as bytes: name -> small number (the series id), without a string per point. Names
// lie in segments of one arena, ids in an open hash table. Ids start at 1 and are never reused
// while the process lives; 0 means "no series".
//
//   arena entry: u16 length (little endian), then the name's bytes; never crosses a segment
//   slot:        u32 hash, u32 id (0 = free)

const segmentBits = 22;
const segmentBytes = 1 << segmentBits;
const segmentMask = segmentBytes - 1;
const segmentsMax = 2 ** (32 - segmentBits);
const loadMax = 0.7;
// Not touched before it is used; growing is what costs.
const capacityAtFirst = 32_768;

export class SeriesTable {
  /** One more than the highest id. */
  end = 1;
  /** Per id: where its name lies in the arena. */
  nameAt: Uint32Array;
  /** Per id: the series that followed it last time on the same connection. */
  successor: Uint32Array;
  /** The arena; an entry at `ref` is in segments[ref >>> 22] at ref & 0x3fffff. */
  readonly segments: Buffer[] = [];
  #slots: Uint32Array;
  #slotMask: number;
  #arenaEnd = 0;
  readonly #seed: number;

  constructor(seed = (Math.random() * 2 ** 32) >>> 0, capacity = capacityAtFirst) {
    this.nameAt = new Uint32Array(capacity);
    this.successor = new Uint32Array(capacity);
    this.#slots = new Uint32Array(capacity * 4);
    this.#slotMask = capacity * 2 - 1;
    this.#seed = seed;
    this.#addSegment(); // id 0 points at an entry of length 0
    this.#arenaEnd = 2;
  }

  get size(): number {
    return this.end - 1;
  }

  /** Ids the per-series arrays have room for. */
  get capacity(): number {
    return this.nameAt.length;
  }

  /** True when the arena's 4 GiB of names are used up. */
  get isFull(): boolean {
    return this.segments.length >= segmentsMax;
  }

  /** Bytes held for names and look-up. */
  get bytes(): number {
    return (
      this.segments.length * segmentBytes +
      this.#slots.byteLength +
      this.nameAt.byteLength +
      this.successor.byteLength
    );
  }

  /**
   * Where the name of `id` ends when `bytes` has it at `at` and before `limit`; otherwise -1, also
   * for id 0.
   */
  matchEnd(id: number, bytes: Uint8Array, at: number, limit: number): number {
    const ref = this.nameAt[id] as number;
    const segment = this.segments[ref >>> segmentBits] as Buffer;
    const from = (ref & segmentMask) + 2;
    const length = (segment[from - 2] as number) | ((segment[from - 1] as number) << 8);
    if (length === 0 || at + length > limit) return -1;
    // From the end: names that follow each other mostly differ there.
    for (let i = length - 1; i >= 0; i--) {
      if (segment[from + i] !== bytes[at + i]) return -1;
    }
    return at + length;
  }

  nameLength(id: number): number {
    const ref = this.nameAt[id] as number;
    const segment = this.segments[ref >>> segmentBits] as Buffer;
    const at = ref & segmentMask;
    return (segment[at] as number) | ((segment[at + 1] as number) << 8);
  }

  /** The part of the arena in which the name lies, from nameStart(id) on. */
  nameBlock(id: number): Buffer {
    return this.segments[(this.nameAt[id] as number) >>> segmentBits] as Buffer;
  }

  nameStart(id: number): number {
    return ((this.nameAt[id] as number) & segmentMask) + 2;
  }

  /** The name's bytes, a view of the arena. */
  nameBytes(id: number): Uint8Array {
    const ref = this.nameAt[id] as number;
    const from = (ref & segmentMask) + 2;
    const segment = this.segments[ref >>> segmentBits] as Buffer;
    return segment.subarray(from, from + this.nameLength(id));
  }

  /** Copies the name to `target` at `offset`; returns its length. */
  copyName(id: number, target: Uint8Array, offset: number): number {
    const ref = this.nameAt[id] as number;
    const segment = this.segments[ref >>> segmentBits] as Buffer;
    const from = (ref & segmentMask) + 2;
    const length = (segment[from - 2] as number) | ((segment[from - 1] as number) << 8);
    for (let i = 0; i < length; i++) target[offset + i] = segment[from + i] as number;
    return length;
  }

  name(id: number): string {
    const ref = this.nameAt[id] as number;
    const from = (ref & segmentMask) + 2;
    const segment = this.segments[ref >>> segmentBits] as Buffer;
    return segment.toString('utf8', from, from + this.nameLength(id));
  }

  hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.#seed;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  /** The id of the name `bytes[start, end)`, or 0. */
  find(bytes: Uint8Array, start: number, end: number, hash = this.hash(bytes, start, end)): number {
    const slots = this.#slots;
    for (let slot = hash & this.#slotMask; ; slot = (slot + 1) & this.#slotMask) {
      const id = slots[slot * 2 + 1] as number;
      if (id === 0) return 0;
      if (slots[slot * 2] === hash && this.matchEnd(id, bytes, start, end) === end) return id;
    }
  }

  /** Adds a name that is not there yet (at most 65535 bytes); returns its new id. */
  add(bytes: Uint8Array, start: number, end: number, hash = this.hash(bytes, start, end)): number {
    if (this.end === this.capacity) this.#grow();
    const id = this.end++;
    this.nameAt[id] = this.#store(bytes, start, end);
    this.#place(hash, id);
    return id;
  }

  #addSegment(): void {
    this.#arenaEnd = this.segments.length * segmentBytes;
    this.segments.push(Buffer.alloc(segmentBytes));
  }

  #store(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (
      (this.#arenaEnd & segmentMask) + 2 + length > segmentBytes ||
      this.#arenaEnd % segmentBytes === 0
    )
      this.#addSegment();
    const ref = this.#arenaEnd;
    const segment = this.segments[ref >>> segmentBits] as Buffer;
    const at = ref & segmentMask;
    segment[at] = length & 0xff;
    segment[at + 1] = length >>> 8;
    for (let i = 0; i < length; i++) segment[at + 2 + i] = bytes[start + i] as number;
    this.#arenaEnd = ref + 2 + length;
    return ref;
  }

  #place(hash: number, id: number): void {
    const slots = this.#slots;
    let slot = hash & this.#slotMask;
    while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & this.#slotMask;
    slots[slot * 2] = hash;
    slots[slot * 2 + 1] = id;
  }

  #grow(): void {
    const capacity = this.capacity * 2;
    const grown = (old: Uint32Array): Uint32Array => {
      const wider = new Uint32Array(capacity);
      wider.set(old);
      return wider;
    };
    this.nameAt = grown(this.nameAt);
    this.successor = grown(this.successor);
    if (capacity <= (this.#slotMask + 1) * loadMax) return;
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#slotMask = this.#slots.length / 2 - 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] !== 0) this.#place(old[i] as number, old[i + 1] as number);
    }
  }
}
