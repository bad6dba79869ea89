// Long work on the event loop's thread, cut into slices: a generator that yields now and then is
// driven here, and other requests are served in between.

/** How long one slice may hold the event loop. */
const sliceMillisecondsMax = 2;

/** A piece of work: `yield` wherever it may be interrupted, return the result. */
export type Work<Result> = Generator<undefined, Result>;

/**
 * Runs `work` to its end in slices; throws the reason of the signal of whom it is for when that is
 * aborted in between. The signal is not looked at for work that takes one slice only.
 */
export async function runInSlices<Result>(
  work: Work<Result>,
  whom?: { readonly signal: AbortSignal },
): Promise<Result> {
  for (;;) {
    const sliceEnd = performance.now() + sliceMillisecondsMax;
    do {
      const step = work.next();
      if (step.done === true) return step.value;
    } while (performance.now() < sliceEnd);
    await new Promise<void>((resolve) => setImmediate(resolve));
    whom?.signal.throwIfAborted();
  }
}

/** Runs `work` at once. */
export function runNow<Result>(work: Work<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
