// Long work on the event loop's thread, cut into slices: a generator that yields now and then is
// driven here, and other requests are served in between.

/** How long one slice may hold the event loop. */
const sliceMillisecondsMax = 4;

/** A piece of work: `yield` wherever it may be interrupted, return the result. */
export type Work<Result> = Generator<undefined, Result>;

/** Runs `work` to its end in slices; throws the signal's reason when it is aborted in between. */
export async function runInSlices<Result>(
  work: Work<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (;;) {
    const sliceEnd = performance.now() + sliceMillisecondsMax;
    do {
      const step = work.next();
      if (step.done === true) return step.value;
    } while (performance.now() < sliceEnd);
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
}

/** Runs `work` at once. */
export function runNow<Result>(work: Work<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
