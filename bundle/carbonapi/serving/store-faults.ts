// Failures of stores: counted, and logged once a minute each, however many requests meet them.
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';

const quietMs = 60_000;
/** Texts remembered; hostile stores could make up more. */
const textsMax = 50;

export class StoreFaults {
  /** Requests that no store answered. */
  failed = 0;
  /** Answers that some store had no part in. */
  partial = 0;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #loggedAt = new Map<string, number>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  countFailed(text: string): void {
    this.failed++;
    this.#say(text);
  }

  countPartial(text: string): void {
    this.partial++;
    this.#say(text);
  }

  #say(text: string): void {
    const now = this.#clock();
    if (now - (this.#loggedAt.get(text) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
    if (this.#loggedAt.size >= textsMax) this.#loggedAt.clear();
    this.#loggedAt.set(text, now);
    this.#log.warn(text);
  }
}
