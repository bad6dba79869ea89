// Identical requests at the same time are worked out once. The work is cancelled when nobody waits
// for it any more.
import { abortReason } from './abort.ts';

interface Flight<T> {
  answer: Promise<T>;
  waiters: number;
  abort: AbortController;
}

export class InFlight<T> {
  joined = 0;
  readonly #flights = new Map<string, Flight<T>>();

  /** The answer of `work`, or of the same key's work that is going on. Rejects when `signal` fires. */
  run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    let flight = this.#flights.get(key);
    if (flight === undefined || flight.abort.signal.aborted) {
      const abort = new AbortController();
      const started: Flight<T> = { answer: work(abort.signal), waiters: 0, abort };
      this.#flights.set(key, started);
      const forget = (): void => {
        if (this.#flights.get(key) === started) this.#flights.delete(key);
      };
      started.answer.then(forget, forget);
      flight = started;
    } else this.joined++;
    return this.#wait(flight, signal);
  }

  #wait(flight: Flight<T>, signal: AbortSignal): Promise<T> {
    flight.waiters++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        flight.waiters--;
        if (flight.waiters === 0) flight.abort.abort(abortReason(signal));
        reject(abortReason(signal));
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
      if (signal.aborted) leave();
    });
  }
}
