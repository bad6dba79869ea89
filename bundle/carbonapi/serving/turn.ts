// Fair sharing of the one thread. Long work pauses after each slice; of all that is paused, one piece
// goes on per round of the event loop, so that a short request never waits for more than a slice.

/** How long work keeps the event loop before others get a turn. */
const sliceMs = 4;

const paused: (() => void)[] = [];

function resumeOne(): void {
  paused.shift()?.();
  if (paused.length > 0) setImmediate(resumeOne);
}

function takeTurn(): Promise<void> {
  return new Promise((resolve) => {
    paused.push(resolve);
    if (paused.length === 1) setImmediate(resumeOne);
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
