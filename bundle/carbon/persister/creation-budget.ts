// How many new series each top prefix (the first node of a name) may begin: a bucket that starts
// full and fills evenly over a day, so that one program that puts a request number into its names
// cannot fill disk and memory for all others.

/** Prefixes with a bucket of their own; those beyond share one. */
const prefixesMax = 10_000;
const dayMilliseconds = 86_400_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** The first node of a name. */
export function topPrefix(metric: string): string {
  const end = metric.search(/[.;]/);
  return end < 0 ? metric : metric.slice(0, end);
}

export class CreationBudget {
  #perDay: number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #shared: Bucket;

  /** `perDay`: new series per prefix, at once or over a day; 0 = no limit. */
  constructor(perDay: number, now: number) {
    this.#perDay = perDay;
    this.#shared = { tokens: perDay, at: now };
  }

  /** Another budget from now on: what was begun within the day counts against it. */
  configure(perDay: number): void {
    for (const bucket of [...this.#buckets.values(), this.#shared])
      bucket.tokens += perDay - this.#perDay;
    this.#perDay = perDay;
  }

  /** Whether `prefix` may begin a series at `now` (milliseconds that never jump). */
  allows(prefix: string, now: number): boolean {
    return this.#perDay === 0 || this.#filled(this.#bucketOf(prefix, now), now).tokens >= 1;
  }

  /** A series of `prefix` was begun. */
  spend(prefix: string, now: number): void {
    if (this.#perDay > 0) this.#filled(this.#bucketOf(prefix, now), now).tokens -= 1;
  }

  #filled(bucket: Bucket, now: number): Bucket {
    const earned = ((now - bucket.at) / dayMilliseconds) * this.#perDay;
    bucket.tokens = Math.min(this.#perDay, bucket.tokens + earned);
    bucket.at = now;
    return bucket;
  }

  #bucketOf(prefix: string, now: number): Bucket {
    const known = this.#buckets.get(prefix);
    if (known !== undefined) return known;
    if (this.#buckets.size >= prefixesMax) this.#dropFull(now);
    if (this.#buckets.size >= prefixesMax) return this.#shared;
    const bucket = { tokens: this.#perDay, at: now };
    this.#buckets.set(prefix, bucket);
    return bucket;
  }

  // A full bucket is as good as a new one.
  #dropFull(now: number): void {
    for (const [prefix, bucket] of this.#buckets)
      if (this.#filled(bucket, now).tokens >= this.#perDay) this.#buckets.delete(prefix);
  }
}
