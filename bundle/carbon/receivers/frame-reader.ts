// Frames over TCP: u32 big-endian length, then that many bytes. A frame that lies whole in what was
// received is decoded in place; one that does not is gathered first, within a limit for itself and
// one for all connections together.

import { BatchEmitter } from './batch-emitter.ts';
import type { ReceiverCounters } from './ledger.ts';
import { type FrameDecoder, PointBatch } from './point-batch.ts';
import type { Intake } from './receiver.ts';
import type { StreamAnswer, StreamReader } from './tcp-listener.ts';

const lengthBytes = 4;

/** Memory that unfinished frames of all connections of one receiver may take. */
export class FrameBudget {
  readonly bytesMax: number;
  used = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }
}

export interface FrameReaderOptions {
  decode: FrameDecoder;
  frameBytesMax: number;
  budget: FrameBudget;
  /** Told why a connection is given up. */
  refuse(problem: string): void;
}

const none: Buffer = Buffer.alloc(0);

export class FrameReader implements StreamReader {
  readonly #options: FrameReaderOptions;
  readonly #counters: ReceiverCounters;
  readonly #emitter: BatchEmitter;
  readonly #batch = new PointBatch();
  /** What is gathered of a frame, its length included. */
  #gathered = none;
  #gatheredLength = 0;
  /** The piece of stream being worked on, and how far. */
  #chunk = none;
  #at = 0;
  #emitted = 0;

  constructor(intake: Intake, counters: ReceiverCounters, options: FrameReaderOptions) {
    this.#options = options;
    this.#counters = counters;
    this.#emitter = new BatchEmitter(intake, counters);
  }

  push(chunk: Buffer): StreamAnswer {
    this.#chunk = chunk;
    this.#at = 0;
    return this.resume();
  }

  resume(): StreamAnswer {
    for (;;) {
      if (this.#emitted < this.#batch.count) {
        this.#emitted = this.#emitter.emit(this.#batch, this.#emitted);
        if (this.#emitted < this.#batch.count) return 'more';
        this.#batch.release();
        this.#emitted = 0;
        return 'more';
      }
      if (this.#at === this.#chunk.length) {
        this.#chunk = none;
        this.#at = 0;
        return undefined;
      }
      const problem = this.#gatheredLength > 0 ? this.#gather() : this.#inPlace();
      if (problem !== undefined) {
        this.#counters.badFrames++;
        this.#options.refuse(problem);
        this.end();
        return 'refuse';
      }
    }
  }

  retain(): void {
    const kept = Buffer.from(this.#chunk);
    if (this.#batch.bytes === this.#chunk) this.#batch.bytes = kept;
    this.#chunk = kept;
  }

  end(): void {
    if (this.#gatheredLength > 0) this.#counters.badFrames++;
    this.#options.budget.used -= this.#gathered.length;
    this.#gathered = none;
    this.#gatheredLength = 0;
    this.#chunk = none;
    this.#at = 0;
  }

  /** Decodes the next frame where it lies, or begins to gather it. */
  #inPlace(): string | undefined {
    const chunk = this.#chunk;
    const left = chunk.length - this.#at;
    if (left < lengthBytes) return this.#gather();
    const length = lengthAt(chunk, this.#at);
    const problem = this.#lengthProblem(length);
    if (problem !== undefined) return problem;
    if (left < lengthBytes + length) return this.#gather();
    const start = this.#at + lengthBytes;
    this.#at = start + length;
    return this.#decode(chunk, start, start + length);
  }

  /** Takes from the chunk what the frame still lacks; decodes it once whole. */
  #gather(): string | undefined {
    const wantsLength = this.#gatheredLength < lengthBytes;
    if (wantsLength) {
      const problem = this.#take(lengthBytes);
      if (problem !== undefined || this.#gatheredLength < lengthBytes) return problem;
    }
    const length = lengthAt(this.#gathered, 0);
    const problem = wantsLength ? this.#lengthProblem(length) : undefined;
    if (problem !== undefined) return problem;
    const full = this.#take(lengthBytes + length);
    if (full !== undefined || this.#gatheredLength < lengthBytes + length) return full;
    const frame = this.#gathered;
    this.#options.budget.used -= frame.length;
    this.#gathered = none;
    this.#gatheredLength = 0;
    return this.#decode(frame, lengthBytes, lengthBytes + length);
  }

  #decode(bytes: Uint8Array, start: number, end: number): string | undefined {
    const problem = this.#options.decode(bytes, start, end, this.#batch);
    if (problem === undefined) this.#emitter.refuseMalformed(this.#batch);
    return problem;
  }

  #lengthProblem(length: number): string | undefined {
    const { frameBytesMax } = this.#options;
    if (length <= frameBytesMax) return undefined;
    return `a frame of ${length} bytes is longer than ${frameBytesMax}`;
  }

  /** Moves bytes to the gathered ones until there are `wanted`, or none are left. */
  #take(wanted: number): string | undefined {
    const count = Math.min(wanted - this.#gatheredLength, this.#chunk.length - this.#at);
    const needed = this.#gatheredLength + count;
    if (needed > this.#gathered.length) {
      // Grows with what has come, not with what the length promises.
      const size = Math.min(wanted, Math.max(needed, 1024, this.#gathered.length * 2));
      const { budget } = this.#options;
      if (budget.used + size - this.#gathered.length > budget.bytesMax)
        return 'too many unfinished frames are held for other connections';
      budget.used += size - this.#gathered.length;
      const wider = Buffer.allocUnsafeSlow(size);
      wider.set(this.#gathered.subarray(0, this.#gatheredLength));
      this.#gathered = wider;
    }
    this.#gathered.set(this.#chunk.subarray(this.#at, this.#at + count), this.#gatheredLength);
    this.#gatheredLength = needed;
    this.#at += count;
    return undefined;
  }
}

const lengthAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;
