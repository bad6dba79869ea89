// Makes accepted points safe from the death of the process: they are staged as they come, sealed
// and written at least once an interval, and their segments deleted once every point in them is in
// its Whisper file. When the disk refuses, points go on unprotected (and are counted) until all that
// is pending can be written anew.
import { codeOf, messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Cache, PointJournal } from '../cache/cache.ts';
import { journalPointBytes } from './segment-format.ts';
import { type BatchSink, type SealedBatch, SegmentWriter } from './segment-writer.ts';

export interface JournalOptions {
  directory: string;
  /** Points are written at least this often. */
  intervalMilliseconds: number;
  /** A segment that has grown to this size is closed and the next one begun. */
  segmentBytes: number;
  /** Beyond this size all pending points are written anew and the rest is deleted. */
  bytesMax: number;
  /** Wait for the medium after each write: also safe from the machine's death. */
  sync: boolean;
  /** The first segment to write. */
  firstSegment: number;
}

// Small, so that few bytes lie unused where one is full before the other; what is sealed while a
// write is under way goes into the next one together.
const stagedPointsMax = 8192;
const stagedNamesBytes = 1 << 16;
const batchesPerWrite = 32;
const sparesMax = 16;
const nameHeaderBytes = 6;
// Sealed and not written: readers pause above it, so it is also what memory the journal may take.
const backlogBytesMax = 8 << 20;
const retryMilliseconds = 1000;
// Nothing pending and more than this in the segment: begin a new one, so that the old can go.
const idleSegmentBytes = 1 << 20;
const checkpointSlice = 4096;

interface Segment {
  held: number;
  bytes: number;
}

class Staging {
  readonly words = new Uint32Array(stagedPointsMax * 4);
  readonly values = new Float64Array(this.words.buffer);
  readonly pointBytes = new Uint8Array(this.words.buffer);
  names = new Uint8Array(stagedNamesBytes);
  points = 0;
  namesLength = 0;
}

export class Journal implements PointJournal {
  segment: number;
  /** Points accepted while the journal could not be written. */
  unprotectedPoints = 0;
  bytesWritten = 0;
  writeErrors = 0;
  checkpoints = 0;
  /** Called whenever something was written. */
  onProgress: () => void = () => {};
  readonly #options: JournalOptions;
  readonly #log: Logger;
  readonly #writer: BatchSink;
  readonly #segments = new Map<number, Segment>();
  #cache: Cache | undefined;
  #current: Segment = { held: 0, bytes: 0 };
  /** Per id: the segment in which its name lies already. */
  #namedIn = new Uint32Array(1024);
  #staging = new Staging();
  #spare: Staging[] = [];
  #sealed: { batch: SealedBatch; staging: Staging }[] = [];
  #backlogBytes = 0;
  #pumping: Promise<void> | undefined;
  readonly #removals = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #isSuspended = false;
  #retryAt = 0;
  #isCheckpointing = false;
  /** The first segment of the last checkpoint: it stands for all before it, which are gone. */
  #floor = 0;

  constructor(
    options: JournalOptions,
    log: Logger,
    writer: BatchSink = new SegmentWriter(options.directory),
  ) {
    this.#options = options;
    this.#log = log;
    this.#writer = writer;
    this.segment = options.firstSegment;
    this.#segments.set(this.segment, this.#current);
  }

  /** Begins the rhythm of writing. `cache` is whose points and names these are. */
  start(cache: Cache): void {
    this.#cache = cache;
    // Twice an interval, so that a point that just missed one is written in time as well.
    const period = Math.max(this.#options.intervalMilliseconds / 2, 10);
    this.#timer = setInterval(() => this.#tick(), Math.min(period, retryMilliseconds));
  }

  /** Too much waits to be written. */
  get isBehind(): boolean {
    return this.#backlogBytes > backlogBytesMax;
  }

  /** False while the disk refuses and points are in memory only. */
  get isProtecting(): boolean {
    return !this.#isSuspended;
  }

  /** Bytes of all segments on disk. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#segments.values()) sum += bytes;
    return sum;
  }

  get segments(): number {
    return this.#segments.size;
  }

  /** Registers a segment left by an earlier process. */
  adopt(segment: number, bytes: number): void {
    this.#segments.delete(this.segment);
    this.#segments.set(segment, { held: 0, bytes });
    this.#segments.set(this.segment, this.#current); // oldest first is the order of the map
  }

  add(id: number, time: number, value: number): void {
    if (this.#isSuspended) {
      this.unprotectedPoints++;
      return;
    }
    if (id >= this.#namedIn.length || this.#namedIn[id] !== this.segment) this.#stageName(id);
    const staging = this.#staging;
    const at = staging.points++;
    staging.words[at * 4] = id;
    staging.words[at * 4 + 1] = time;
    staging.values[at * 2 + 1] = value;
    if (staging.points === stagedPointsMax) this.#seal();
  }

  hold(segment: number): void {
    if (segment === this.segment) this.#current.held++;
    else {
      const held = this.#segments.get(Math.max(segment, this.#floor));
      if (held !== undefined) held.held++;
    }
  }

  letGo(segment: number): void {
    const held = this.#segments.get(Math.max(segment, this.#floor));
    if (held !== undefined) held.held--;
  }

  /** Resolves when all points added so far are written (or given up as unprotected). */
  async flush(): Promise<void> {
    this.#seal();
    await this.#pumping;
  }

  /** Deletes the oldest segments that hold nothing pending. */
  release(): void {
    for (const [segment, { held }] of this.#segments) {
      if (held > 0 || segment === this.segment) return;
      this.#forget(segment);
    }
  }

  /** Writes what is staged; deletes everything when nothing is pending. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    if (this.#cache !== undefined && this.#cache.points === 0) {
      for (const segment of [...this.#segments.keys()]) this.#forget(segment);
    }
    await Promise.all(this.#removals);
    await this.#writer.close();
  }

  #forget(segment: number): void {
    this.#segments.delete(segment);
    const removal = this.#writer
      .remove(segment)
      .catch((error: unknown) => {
        this.#log.warn(`cannot delete a journal segment: ${messageOf(error)}`, { segment });
      })
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  #tick(): void {
    if (this.#isSuspended) {
      if (performance.now() >= this.#retryAt) void this.#resume();
      return;
    }
    if (this.#staging.points > 0) this.#seal();
    const isIdle = this.#cache?.points === 0 && this.#sealed.length === 0;
    if (isIdle && this.#current.bytes > idleSegmentBytes) this.#beginSegment();
    this.release();
    const pendingBytes = (this.#cache?.points ?? 0) * journalPointBytes;
    if (this.bytes > this.#options.bytesMax && pendingBytes < this.#options.bytesMax / 2)
      void this.#checkpoint();
  }

  #stageName(id: number): void {
    if (id >= this.#namedIn.length) {
      const wider = new Uint32Array(Math.max(id + 1, this.#namedIn.length * 2));
      wider.set(this.#namedIn);
      this.#namedIn = wider;
    }
    const table = (this.#cache as Cache).table;
    const length = table.nameLength(id);
    if (this.#staging.namesLength + nameHeaderBytes + length > stagedNamesBytes) this.#seal();
    this.#namedIn[id] = this.segment; // after seal, which may begin a segment
    const { names, namesLength } = this.#staging;
    names[namesLength] = id & 0xff;
    names[namesLength + 1] = (id >>> 8) & 0xff;
    names[namesLength + 2] = (id >>> 16) & 0xff;
    names[namesLength + 3] = id >>> 24;
    names[namesLength + 4] = length & 0xff;
    names[namesLength + 5] = length >>> 8;
    table.copyName(id, names, namesLength + nameHeaderBytes);
    this.#staging.namesLength += nameHeaderBytes + length;
  }

  #seal(): void {
    const staging = this.#staging;
    if (staging.points === 0 && staging.namesLength === 0) return;
    const batch: SealedBatch = {
      segment: this.segment,
      names: staging.names.subarray(0, staging.namesLength),
      points: staging.pointBytes.subarray(0, staging.points * journalPointBytes),
    };
    this.#sealed.push({ batch, staging });
    const bytes = batch.names.length + batch.points.length;
    this.#backlogBytes += bytes;
    this.#current.bytes += bytes;
    this.#staging = this.#spare.pop() ?? new Staging();
    if (this.#current.bytes >= this.#options.segmentBytes) this.#beginSegment();
    this.#pumping ??= this.#pump();
  }

  #beginSegment(): void {
    this.segment++;
    this.#current = { held: 0, bytes: 0 };
    this.#segments.set(this.segment, this.#current);
  }

  async #pump(): Promise<void> {
    try {
      for (let next = this.#nextWrite(); next.length > 0; next = this.#nextWrite()) {
        this.bytesWritten += await this.#writer.write(next);
        if (this.#options.sync) await this.#writer.sync();
        for (let k = 0; k < next.length; k++) this.#discard();
        this.onProgress();
      }
    } catch (error) {
      this.#suspend(error);
    } finally {
      this.#pumping = undefined;
    }
  }

  /** The oldest batches, all of one segment. */
  #nextWrite(): SealedBatch[] {
    const batches: SealedBatch[] = [];
    for (const { batch } of this.#sealed) {
      const isOfSegment = batch.segment === (batches[0] ?? batch).segment;
      if (!isOfSegment || batches.length === batchesPerWrite) break;
      batches.push(batch);
    }
    return batches;
  }

  /** Forgets the oldest batch. */
  #discard(): void {
    const oldest = this.#sealed.shift();
    if (oldest === undefined) return;
    const { batch, staging } = oldest;
    this.#backlogBytes -= batch.names.length + batch.points.length;
    staging.points = 0;
    staging.namesLength = 0;
    if (this.#spare.length < sparesMax) this.#spare.push(staging);
  }

  #suspend(error: unknown): void {
    this.writeErrors++;
    this.#retryAt = performance.now() + retryMilliseconds;
    for (let next = this.#sealed[0]; next !== undefined; next = this.#sealed[0]) {
      this.unprotectedPoints += next.staging.points;
      this.#discard();
    }
    if (!this.#isSuspended) {
      this.#log.error(
        `cannot write the journal, points are in memory only until it can: ${messageOf(error)}`,
        { code: codeOf(error) },
      );
    }
    this.#isSuspended = true;
    this.unprotectedPoints += this.#staging.points;
    this.#staging.points = 0;
    this.#staging.namesLength = 0;
    this.onProgress();
  }

  async #resume(): Promise<void> {
    this.#isSuspended = false;
    await this.#checkpoint();
    if (!this.#isSuspended) this.#log.info('the journal is written again');
  }

  /** Writes all pending points to new segments; then the earlier ones are not needed. */
  async #checkpoint(): Promise<void> {
    const cache = this.#cache;
    if (cache === undefined || this.#isCheckpointing) return;
    this.#isCheckpointing = true;
    try {
      this.#seal();
      this.#beginSegment();
      const first = this.segment;
      const rewritten = this.#current;
      for (let id = 1; id < cache.table.end; id += checkpointSlice) {
        cache.forEachPoint(id, id + checkpointSlice, (each, time, value) =>
          this.add(each, time, value),
        );
        if (this.isBehind) await this.flush();
        if (this.#isSuspended) return;
      }
      await this.flush();
      if (this.#isSuspended) return;
      this.checkpoints++;
      // What is still pending from before lies in the new segments only, so it holds those.
      for (const [segment, { held }] of [...this.#segments]) {
        if (segment >= first) break;
        rewritten.held += held;
        this.#forget(segment);
      }
      this.#floor = first;
    } finally {
      this.#isCheckpointing = false;
    }
  }
}
