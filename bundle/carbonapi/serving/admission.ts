// How many requests are worked on at the same time, over all and for one client. Further ones wait
// their turn in order; when too many wait, they are refused.
import { OperatingError } from '../../core/errors.ts';
import { abortReason } from './abort.ts';

export interface AdmissionLimits {
  concurrent: number;
  perClient: number;
  waiting: number;
  /** How long a request may wait; default without end. */
  timeSeconds?: number;
}

interface Waiter {
  client: string;
  admit(): void;
}

export class Admission {
  limits: AdmissionLimits;
  running = 0;
  refused = 0;
  readonly #ofClient = new Map<string, number>();
  #queue: Waiter[] = [];

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Does `work` when there is room. Throws an OperatingError (`too-busy`) when the queue is full. */
  async run<T>(client: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#hasRoom(client)) this.#enter(client);
    else await this.#wait(client, signal);
    try {
      return await work();
    } finally {
      this.#leave(client);
    }
  }

  #hasRoom(client: string): boolean {
    const { concurrent, perClient } = this.limits;
    return this.running < concurrent && (this.#ofClient.get(client) ?? 0) < perClient;
  }

  #enter(client: string): void {
    this.running++;
    this.#ofClient.set(client, (this.#ofClient.get(client) ?? 0) + 1);
  }

  #leave(client: string): void {
    this.running--;
    const left = (this.#ofClient.get(client) ?? 1) - 1;
    if (left === 0) this.#ofClient.delete(client);
    else this.#ofClient.set(client, left);
    const next = this.#queue.findIndex((waiter) => this.#hasRoom(waiter.client));
    if (next >= 0) this.#queue.splice(next, 1)[0]?.admit();
  }

  #wait(client: string, signal: AbortSignal): Promise<void> {
    if (this.#queue.length >= this.limits.waiting) {
      this.refused++;
      throw new OperatingError(
        'too-busy',
        `${this.running} requests are being worked on and ${this.#queue.length} wait (limits.waiting); try again later`,
      );
    }
    return new Promise((resolve, reject) => {
      const giveUp = (error: OperatingError): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        this.#queue = this.#queue.filter((other) => other !== waiter);
        reject(error);
      };
      const leave = (): void => giveUp(abortReason(signal));
      const { timeSeconds } = this.limits;
      const isLate = (): void => {
        this.refused++;
        const text = `the request has waited ${timeSeconds} s (limits.timeSeconds) for its turn`;
        giveUp(new OperatingError('too-busy', `${text}; try again later`));
      };
      const timer = timeSeconds === undefined ? undefined : setTimeout(isLate, timeSeconds * 1000);
      const waiter: Waiter = {
        client,
        admit: () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', leave);
          this.#enter(client);
          resolve();
        },
      };
      if (signal.aborted) {
        leave();
        return;
      }
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.push(waiter);
    });
  }
}
