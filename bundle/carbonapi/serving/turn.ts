// Fair sharing of the one thread. Long work pauses after each slice, and of all that is paused one piece
// goes on at a time, with some rounds of the event loop between them for short requests.

/** How long work keeps the event loop before others get a turn. */
const sliceMs = 2;

/**
 * Rounds of the event loop between two pieces of long work. A short request takes several to be read,
 * to ask a store and to be answered; without long work in each of them it waits for one slice or two.
 */
const roundsBetween = 4;

const paused: (() => void)[] = [];

/** Calls `next` after some rounds of the event loop. */
function afterRounds(rounds: number, next: () => void): void {
  setImmediate(() => (rounds > 1 ? afterRounds(rounds - 1, next) : next()));
}

function resumeOne(): void {
  paused.shift()?.();
  if (paused.length > 0) afterRounds(roundsBetween, resumeOne);
}

/** Resolves when it is this piece of long work's turn. */
export function takeTurn(): Promise<void> {
  return new Promise((resolve) => {
    paused.push(resolve);
    if (paused.length === 1) afterRounds(roundsBetween, resumeOne);
  });
}

/** Measures the slices of one request's work. */
export class Turns {
  #sliceEnd = performance.now() + sliceMs;

  /** Begins a slice: to be called when work goes on after waiting for something else. */
  begin(): void {
    this.#sliceEnd = performance.now() + sliceMs;
  }

  /** A pause to wait for when the slice is used up, else undefined. */
  pause(): Promise<void> | undefined {
    if (performance.now() < this.#sliceEnd) return undefined;
    return takeTurn().then(() => this.begin());
  }
}
