// The order in which the Go carbonapi ranks: a binary heap gives equal ranks in an order of its own, and
// here it is that order.

interface Ranked {
  index: number;
  rank: number;
}

/** A binary heap, the lowest rank at the top; NaN is no rank. */
class RankHeap {
  readonly #items: Ranked[] = [];

  get size(): number {
    return this.#items.length;
  }

  get lowest(): number {
    return this.#items[0]?.rank ?? Number.NaN;
  }

  push(item: Ranked): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLess(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  replaceLowest(item: Ranked): void {
    this.#items[0] = item;
    this.#sink(this.#items.length);
  }

  pop(): Ranked | undefined {
    const last = this.#items.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    this.#sink(last);
    return this.#items.pop();
  }

  #sink(size: number): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= size) return;
      const right = left + 1;
      const child = right < size && this.#isLess(right, left) ? right : left;
      if (!this.#isLess(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #isLess(a: number, b: number): boolean {
    return this.#items[a]!.rank < this.#items[b]!.rank;
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    [items[a], items[b]] = [items[b]!, items[a]!];
  }
}

/** The indexes of the `count` lowest ranks, lowest first; NaN is left out. */
export function lowestRanks(ranks: readonly number[], count: number): number[] {
  const heap = new RankHeap();
  ranks.forEach((rank, index) => {
    if (!Number.isNaN(rank)) heap.push({ index, rank });
  });
  const lowest: number[] = [];
  while (lowest.length < count) {
    const item = heap.pop();
    if (item === undefined) break;
    lowest.push(item.index);
  }
  return lowest;
}

/** The indexes of the `count` highest ranks, highest first; NaN is left out. */
export function highestRanks(ranks: readonly number[], count: number): number[] {
  const heap = new RankHeap();
  if (count < 1) return [];
  ranks.forEach((rank, index) => {
    if (Number.isNaN(rank)) return;
    if (heap.size < count) heap.push({ index, rank });
    else if (heap.lowest < rank) heap.replaceLowest({ index, rank });
  });
  const rising: number[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) rising.push(item.index);
  return rising.reverse();
}
