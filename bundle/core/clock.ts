// Time as a parameter, so that tests never sleep.

/** Milliseconds since the epoch, like `Date.now`. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
