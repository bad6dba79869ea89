// The contract between receivers and the rest of carbon. A receiver owns sockets, limits and
// counters; what it reads goes to the Intake.
import type { Clock } from '../../core/clock.ts';
import type { ListenAddress } from '../../core/listen-address.ts';
import type { Logger } from '../../core/log.ts';
import type { Cache } from '../cache/cache.ts';
import type { Gate } from './gate.ts';
import type { Ledger, ReceiverCounters, RefusalReason } from './ledger.ts';

/** A running receiver. */
export interface Receiver {
  address: ListenAddress;
  counters: ReceiverCounters;
  /** Takes nothing more, but handles all that was received; resolves when its sockets are closed. */
  stop(): Promise<void>;
}

export interface ReceiverContext {
  intake: Intake;
  gate: Gate;
  ledger: Ledger;
  log: Logger;
}

const quietMilliseconds = 20;
const drainMillisecondsMax = 1000;

/**
 * Waits until nothing more arrives: what a peer sent before a stop lies in the kernel and is to be
 * read. A peer that goes on sending is not waited for longer than a second.
 */
export async function drain(received: () => number): Promise<void> {
  const deadline = performance.now() + drainMillisecondsMax;
  for (let before = -1; before !== received() && performance.now() < deadline; ) {
    before = received();
    await new Promise((resolve) => setTimeout(resolve, quietMilliseconds));
  }
}

export interface IntakeOptions {
  cache: Cache;
  clock: Clock;
  /** Points further ahead of the clock are refused. */
  futureSeconds: number;
  /** Makes what was added safe now; undefined when the journal does so by itself in time. */
  flushJournal: (() => Promise<void>) | undefined;
}

/** Times are unsigned 32 bit in Whisper files. */
const timeMax = 2 ** 32 - 1;

/** The one door for points. */
export class Intake {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly futureSeconds: number;
  readonly flushJournal: (() => Promise<void>) | undefined;

  constructor(options: IntakeOptions) {
    this.cache = options.cache;
    this.clock = options.clock;
    this.futureSeconds = options.futureSeconds;
    this.flushJournal = options.flushJournal;
  }

  /** Now, in whole unix seconds. */
  get now(): number {
    return Math.floor(this.clock() / 1000);
  }

  /** The latest time a point may have. */
  get timeMax(): number {
    return Math.min(this.now + this.futureSeconds, timeMax);
  }

  /**
   * Takes one point that is not known to be good: the name as bytes, time in seconds (a fraction is
   * cut; -1 means now). Counts it as received and, if so, as refused.
   */
  accept(
    counters: ReceiverCounters,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    value: number,
  ): void {
    counters.received++;
    const refusal = this.#take(bytes, start, end, time, value);
    if (refusal !== undefined) counters.refuse(refusal);
  }

  #take(
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    value: number,
  ): RefusalReason | undefined {
    if (Number.isNaN(value)) return 'not-a-number';
    const seconds = time === -1 ? this.now : Math.trunc(time);
    if (!(seconds > 0 && seconds <= timeMax)) return 'bad-time';
    if (seconds > this.timeMax) return 'future';
    const id = this.cache.intern(bytes, start, end);
    if (typeof id === 'string') return id;
    return this.cache.append(id, seconds, value) ? undefined : 'cache-full';
  }
}
