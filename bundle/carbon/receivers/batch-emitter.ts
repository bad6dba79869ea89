// Hands the points of a batch to the cache, in slices between which the gate can be asked.
import type { ReceiverCounters } from './ledger.ts';
import type { PointBatch } from './point-batch.ts';
import type { Intake } from './receiver.ts';

/** Small beside the cache's reserve. */
export const slicePoints = 8192;

/** One per peer: remembers which series came last. */
export class BatchEmitter {
  readonly #intake: Intake;
  readonly #counters: ReceiverCounters;
  #previous = 0;

  constructor(intake: Intake, counters: ReceiverCounters) {
    this.#intake = intake;
    this.#counters = counters;
  }

  /** Counts what is in the batch and is no point; once per frame. */
  refuseMalformed(batch: PointBatch): void {
    this.#counters.received += batch.malformed;
    this.#counters.refused.malformed += batch.malformed;
  }

  /** Takes the next slice from `from` on; returns where the one after begins. */
  emit(batch: PointBatch, from: number): number {
    const { cache, timeMax } = this.#intake;
    const { table } = cache;
    const { bytes, nameStart, nameEnd, times, values } = batch;
    const end = Math.min(batch.count, from + slicePoints);
    for (let k = from; k < end; k++) {
      const start = nameStart[k] as number;
      const stop = nameEnd[k] as number;
      const time = Math.trunc(times[k] as number);
      const value = values[k] as number;
      const id = table.successor[this.#previous] as number;
      const isPlain = time > 0 && time <= timeMax && !Number.isNaN(value);
      if (isPlain && table.matchEnd(id, bytes, start, stop) === stop) {
        this.#counters.received++;
        this.#previous = id;
        if (!cache.append(id, time, value)) this.#counters.refuse('cache-full');
      } else {
        this.#intake.accept(this.#counters, bytes, start, stop, times[k] as number, value);
        this.#learn(bytes, start, stop);
      }
    }
    return end;
  }

  #learn(bytes: Uint8Array, start: number, end: number): void {
    const { table } = this.#intake.cache;
    const id = table.find(bytes, start, end);
    if (id === 0) return;
    table.successor[this.#previous] = id;
    this.#previous = id;
  }
}
