// The first N strings of many in sorted order, without sorting the many.

/** Keeps the `limit` smallest distinct strings it is shown. */
export class SmallestStrings {
  private kept = new Set<string>();
  private bound: string | undefined;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(text: string): void {
    if (this.limit <= 0 || (this.bound !== undefined && text > this.bound)) return;
    this.kept.add(text);
    if (this.kept.size >= this.limit * 2 + 64) this.cut();
  }

  /** Sorted by code unit. */
  sorted(): string[] {
    return [...this.kept].sort().slice(0, Math.max(0, this.limit));
  }

  private cut(): void {
    const sorted = this.sorted();
    this.kept = new Set(sorted);
    // Anything beyond the largest kept one cannot be among the first any more.
    this.bound = sorted.at(-1);
  }
}
