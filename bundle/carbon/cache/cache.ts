// The write cache: every accepted point from its arrival until it is in a Whisper file. Holds the
// series, their pending points, and the queue of series that have some. Knows no socket and no file.
import { judgeName, normaliseTaggedName } from './metric-name.ts';
import { PointPool, pointBytes } from './point-pool.ts';
import { SeriesTable } from './series-table.ts';

/** Where accepted points are made safe; see journal/journal.ts. */
export interface PointJournal {
  /** Number of the segment that points added now go to; at least 1 and never falling. */
  readonly segment: number;
  add(id: number, time: number, value: number): void;
  /** One more series whose oldest pending point is in `segment`. */
  hold(segment: number): void;
  /** One series less. */
  letGo(segment: number): void;
}

export interface CacheOptions {
  /** Budget of pending points. */
  bytesMax: number;
  nameBytesMax: number;
  seriesMax: number;
}

/** Why a name was refused; each is a counter. */
export type NameRefusal = 'bad-name' | 'series-limit';

/** Pending points of one series on their way to disk; they stay readable until settled. */
export interface Detached {
  count: number;
  newest: number;
  oldest: number;
  segment: number;
}

// TCP readers pause before the budget is spent, so that what they hold in hand still fits.
const reserveBytes = 1 << 20;
const nameScratch = Buffer.alloc(4096);
const noPoints = { times: new Float64Array(0), values: new Float64Array(0) };

export class Cache {
  readonly table = new SeriesTable();
  readonly pool: PointPool;
  /** Called for each new series. */
  onNewSeries: () => void = () => {};
  readonly #journal: PointJournal;
  readonly #nameBytesMax: number;
  readonly #seriesMax: number;
  /** Per id: newest pending record, number of pending records, journal segment of the oldest one
   * that is not detached (0 = none, and then the series is not in the queue). */
  #newest: Uint32Array;
  #count: Uint32Array;
  #segment: Uint32Array;
  #queue = new Uint32Array(1024);
  #queueLength = 0;
  readonly #fullAt: number;

  constructor(options: CacheOptions, journal: PointJournal) {
    this.#nameBytesMax = options.nameBytesMax;
    this.#seriesMax = options.seriesMax;
    this.#journal = journal;
    this.pool = new PointPool(options.bytesMax);
    this.#fullAt = Math.floor((options.bytesMax - reserveBytes) / pointBytes);
    this.#newest = new Uint32Array(this.table.capacity);
    this.#count = new Uint32Array(this.table.capacity);
    this.#segment = new Uint32Array(this.table.capacity);
  }

  /** Points not on disk yet. */
  get points(): number {
    return this.pool.used;
  }

  /** Readers should pause. */
  get isFull(): boolean {
    return this.pool.used >= this.#fullAt;
  }

  /** Paused readers may go on. */
  get hasRoom(): boolean {
    return this.pool.used < this.#fullAt * 0.9;
  }

  /** Share of the budget in use, 0 to 1. */
  get fill(): number {
    return this.pool.used / this.pool.capacity;
  }

  /** Series that wait to be written. */
  get queued(): number {
    return this.#queueLength;
  }

  /** Bytes held for series: names, look-up and state. */
  get seriesBytes(): number {
    return this.table.bytes + this.#newest.byteLength * 3 + this.#queue.byteLength;
  }

  /** The id of a name as received, made when new; throws nothing, returns a refusal by name. */
  intern(bytes: Uint8Array, start: number, end: number): number | NameRefusal {
    const hash = this.table.hash(bytes, start, end);
    const id = this.table.find(bytes, start, end, hash);
    return id !== 0 ? id : this.#internNew(bytes, start, end, hash);
  }

  #internNew(bytes: Uint8Array, start: number, end: number, hash: number): number | NameRefusal {
    const verdict = judgeName(bytes, start, end, this.#nameBytesMax);
    if (verdict === 'plain') return this.#add(bytes, start, end, hash);
    return verdict === 'tagged' ? this.#internTagged(bytes, start, end) : 'bad-name';
  }

  #internTagged(bytes: Uint8Array, start: number, end: number): number | NameRefusal {
    const name = normaliseTaggedName(Buffer.from(bytes.subarray(start, end)).toString('utf8'));
    if (name === undefined) return 'bad-name';
    const normal = Buffer.from(name);
    const hash = this.table.hash(normal, 0, normal.length);
    const id = this.table.find(normal, 0, normal.length, hash);
    return id !== 0 ? id : this.#add(normal, 0, normal.length, hash);
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number): number | NameRefusal {
    if (this.table.size >= this.#seriesMax || this.table.isFull) return 'series-limit';
    const id = this.table.add(bytes, start, end, hash);
    if (this.#newest.length < this.table.capacity) this.#grow(this.table.capacity);
    this.onNewSeries();
    return id;
  }

  #grow(capacity: number): void {
    const grown = (old: Uint32Array): Uint32Array => {
      const wider = new Uint32Array(capacity);
      wider.set(old);
      return wider;
    };
    this.#newest = grown(this.#newest);
    this.#count = grown(this.#count);
    this.#segment = grown(this.#segment);
  }

  /** Adds a point; false when the budget is spent. `time` is a whole number below 2^32. */
  append(id: number, time: number, value: number): boolean {
    if (!this.#put(id, time, value, this.#journal.segment)) return false;
    this.#journal.add(id, time, value);
    return true;
  }

  /** Adds a point that lies in journal segment `segment` already. */
  restore(id: number, time: number, value: number, segment: number): boolean {
    return this.#put(id, time, value, segment);
  }

  #put(id: number, time: number, value: number, segment: number): boolean {
    const record = this.pool.add(this.#newest[id] as number, time, value);
    if (record === 0) return false;
    this.#newest[id] = record;
    this.#count[id] = (this.#count[id] as number) + 1;
    if (this.#segment[id] === 0) this.#enqueue(id, segment);
    return true;
  }

  #enqueue(id: number, segment: number): void {
    this.#segment[id] = segment;
    this.#journal.hold(segment);
    if (this.#queueLength === this.#queue.length) {
      const wider = new Uint32Array(this.#queue.length * 2);
      wider.set(this.#queue);
      this.#queue = wider;
    }
    this.#queue[this.#queueLength++] = id;
  }

  /** Takes the whole queue: ids in the order in which they got their first pending point. */
  takeQueue(): Uint32Array {
    const taken = this.#queue.slice(0, this.#queueLength);
    this.#queueLength = 0;
    return taken;
  }

  /** Pending points of `id`, detached ones included. */
  pendingOf(id: number): number {
    return this.#count[id] as number;
  }

  /**
   * Copies the pending points of `id`, oldest first, to `times` and `values` at `offset`, which
   * must have room for pendingOf(id), and marks them as under way. Call only for an id from
   * takeQueue, and settle before the id is detached again.
   */
  detach(
    id: number,
    times: Float64Array,
    values: Float64Array,
    offset: number,
    result: Detached,
  ): void {
    result.count = this.#count[id] as number;
    result.newest = this.#newest[id] as number;
    result.segment = this.#segment[id] as number;
    result.oldest = this.#copy(id, times, values, offset);
    this.#segment[id] = 0;
  }

  /** Ends what detach began: the points are on disk (or lost for a counted reason). */
  settle(id: number, detached: Detached): void {
    const words = this.pool.words;
    let record = this.#newest[id] as number;
    if (record === detached.newest) {
      this.#newest[id] = 0;
    } else {
      while (words[record * 4] !== detached.newest) record = words[record * 4] as number;
      words[record * 4] = 0;
    }
    this.#count[id] = (this.#count[id] as number) - detached.count;
    this.pool.release(detached.newest, detached.oldest, detached.count);
    this.#journal.letGo(detached.segment);
  }

  /** Ends what detach began when the points could not be written: they wait for another attempt. */
  giveBack(id: number, detached: Detached): void {
    const since = this.#segment[id] as number;
    if (since !== 0) {
      this.#segment[id] = detached.segment;
      this.#journal.letGo(since);
      return;
    }
    this.#enqueue(id, detached.segment);
    this.#journal.letGo(detached.segment);
  }

  /** Puts an id from takeQueue, which was not detached, back into the queue. */
  requeue(id: number): void {
    const segment = this.#segment[id] as number;
    this.#segment[id] = 0;
    this.#enqueue(id, segment);
    this.#journal.letGo(segment);
  }

  /** True when the metric has points that are not on disk. */
  isPending(metric: string): boolean {
    const id = this.idOf(metric);
    return id !== 0 && this.#count[id] !== 0;
  }

  /** The pending points of a metric in the order received. */
  read(metric: string): { times: Float64Array; values: Float64Array } {
    const id = this.idOf(metric);
    const count = id === 0 ? 0 : (this.#count[id] as number);
    if (count === 0) return noPoints;
    const times = new Float64Array(count);
    const values = new Float64Array(count);
    this.#copy(id, times, values, 0);
    return { times, values };
  }

  /** The number of a series that is known, else 0. */
  idOf(metric: string): number {
    const bytes = metric.length * 3 <= nameScratch.length ? nameScratch : Buffer.from(metric);
    const length = bytes === nameScratch ? nameScratch.write(metric) : bytes.length;
    return this.table.find(bytes, 0, length);
  }

  /** Calls `each` for every pending point of ids in [from, to), oldest first within a series. */
  forEachPoint(
    from: number,
    to: number,
    each: (id: number, time: number, value: number) => void,
  ): void {
    let times = new Float64Array(64);
    let values = new Float64Array(64);
    for (let id = from; id < Math.min(to, this.table.end); id++) {
      const count = this.#count[id] as number;
      if (count === 0) continue;
      if (count > times.length) {
        times = new Float64Array(count * 2);
        values = new Float64Array(count * 2);
      }
      this.#copy(id, times, values, 0);
      for (let k = 0; k < count; k++) each(id, times[k] as number, values[k] as number);
    }
  }

  /** Copies the chain of `id`; returns its oldest record. */
  #copy(id: number, times: Float64Array, values: Float64Array, offset: number): number {
    const { words, values: poolValues } = this.pool;
    let record = this.#newest[id] as number;
    let last = record;
    for (let k = offset + (this.#count[id] as number) - 1; k >= offset; k--) {
      times[k] = words[record * 4 + 1] as number;
      values[k] = poolValues[record * 2 + 1] as number;
      last = record;
      record = words[record * 4] as number;
    }
    return last;
  }
}
