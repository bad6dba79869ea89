// Slows down guessing: failures are counted per address and per user name; past the limit a login
// waits. Memory is bounded: the oldest entries are forgotten first.

export interface LoginLimiter {
  /** Seconds to wait before this login may be tried; 0 when it may be tried now. */
  waitSeconds(address: string, user: string): number;
  failed(address: string, user: string): void;
  succeeded(address: string, user: string): void;
}

interface Failures {
  count: number;
  lastMs: number;
}

const entriesMax = 10_000;
const freeFailures = 5;
const forgetMs = 15 * 60_000;
const waitSecondsMax = 300;

/** Waits 1, 2, 4 … up to 300 s after the fifth failure in a row; forgotten after 15 min. */
export function createLoginLimiter(nowMs: () => number): LoginLimiter {
  const failures = new Map<string, Failures>();
  const keysOf = (address: string, user: string): string[] => [
    `a ${address}`,
    `u ${address} ${user.toLowerCase().slice(0, 64)}`,
  ];
  const waitOf = (key: string): number => {
    const entry = failures.get(key);
    if (entry === undefined || entry.count < freeFailures) return 0;
    const pauseSeconds = Math.min(2 ** (entry.count - freeFailures), waitSecondsMax);
    return Math.max(0, Math.ceil((entry.lastMs + pauseSeconds * 1000 - nowMs()) / 1000));
  };
  const note = (key: string): void => {
    const now = nowMs();
    const entry = failures.get(key);
    const fresh = entry === undefined || now - entry.lastMs > forgetMs;
    failures.delete(key); // re-inserted at the end: the map is in order of last failure
    failures.set(key, { count: fresh ? 1 : Math.min(entry.count + 1, 20), lastMs: now });
    if (failures.size > entriesMax) {
      const oldest = failures.keys().next().value;
      if (oldest !== undefined) failures.delete(oldest);
    }
  };
  return {
    waitSeconds: (address, user) => Math.max(...keysOf(address, user).map(waitOf)),
    failed: (address, user) => keysOf(address, user).forEach(note),
    succeeded: (address, user) => {
      for (const key of keysOf(address, user)) failures.delete(key);
    },
  };
}
