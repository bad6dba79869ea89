// The memory of the pickle reader: entries of a few kinds in typed arrays instead of objects, with
// a bound on how many there may be.

/** What an entry is; `first` and `second` mean, by kind: */
export const kinds = {
  mark: 0,
  none: 1,
  number: 2, // the number, 0
  text: 3, // start and end in the frame
  madeText: 4, // start and end among the made texts: strings that had escapes
  tuple: 5, // first child, count of children
  list: 6, // number of the list, 0
  dict: 7,
} as const;

// A frame of one-byte opcodes must not take many times its own size. Enough for a million points.
const entriesMax = 4 << 20;
const entriesKept = 1 << 16;
/** Kept as long as every frame needs a quarter of it: of senders of large frames. */
const entriesKeptInUse = 1 << 19;
const entriesAtFirst = 4096;

/** The frame is not a pickle that carbon takes; the message says why. */
export class BadPickle extends Error {}

/** A growing sequence of entries. */
export class Entries {
  kind = new Uint8Array(entriesAtFirst);
  first = new Float64Array(entriesAtFirst);
  second = new Uint32Array(entriesAtFirst);
  length = 0;

  push(kind: number, first: number, second: number): void {
    const at = this.length;
    if (at === this.kind.length) this.#grow();
    this.kind[at] = kind;
    this.first[at] = first;
    this.second[at] = second;
    this.length = at + 1;
  }

  copy(from: Entries, index: number): void {
    this.push(
      from.kind[index] as number,
      from.first[index] as number,
      from.second[index] as number,
    );
  }

  reset(): void {
    const capacity = this.kind.length;
    const isInUse = capacity <= entriesKeptInUse && this.length >= capacity / 4;
    this.length = 0;
    if (capacity > entriesKept && !isInUse) this.#resize(entriesAtFirst);
  }

  #grow(): void {
    const length = this.kind.length * 2;
    if (length > entriesMax) throw new BadPickle('it holds too many things');
    const { kind, first, second } = this;
    this.#resize(length);
    this.kind.set(kind);
    this.first.set(first);
    this.second.set(second);
  }

  #resize(length: number): void {
    this.kind = new Uint8Array(length);
    this.first = new Float64Array(length);
    this.second = new Uint32Array(length);
  }
}

/** The state of reading one frame. Reading is synchronous and never nests: one is enough. */
export class PickleMachine {
  readonly stack = new Entries();
  /** Children of tuples and lists, side by side. */
  readonly children = new Entries();
  readonly memo = new Entries();
  /** Number of the first memo entry; Python 2 counted from 1. */
  memoBase = -1;
  /** Per list: its first and its last run. */
  readonly lists = new Entries();
  /** Per run: first child, count of children; `runAfter.first` is the next run, -1 for none. */
  readonly runs = new Entries();
  readonly runAfter = new Entries();
  readonly marks = new Entries();
  madeTexts: Uint8Array = new Uint8Array(0);
  madeTextsLength = 0;

  reset(): void {
    this.stack.reset();
    this.children.reset();
    this.memo.reset();
    this.memoBase = -1;
    this.lists.reset();
    this.runs.reset();
    this.runAfter.reset();
    this.marks.reset();
    this.madeTexts = new Uint8Array(0);
    this.madeTextsLength = 0;
  }

  /** Copies the stack from `from` on to the children; returns where they are there. */
  moveToChildren(from: number): number {
    const first = this.children.length;
    for (let i = from; i < this.stack.length; i++) this.children.copy(this.stack, i);
    return first;
  }

  /** Puts an empty list on the stack; returns its number. */
  newList(): number {
    const list = this.lists.length;
    this.stack.push(kinds.list, list, 0);
    this.lists.push(0, -1, 0);
    return list;
  }

  addRun(list: number, first: number, count: number): void {
    if (count === 0) return;
    const { lists, runs, runAfter } = this;
    const run = runs.length;
    runs.push(0, first, count);
    runAfter.push(0, -1, 0);
    if (lists.first[list] === -1) lists.first[list] = run;
    else runAfter.first[lists.second[list] as number] = run;
    lists.second[list] = run;
  }

  /** Puts a string on the stack that is not in the frame as it is. */
  pushMadeText(text: Uint8Array): void {
    const start = this.madeTextsLength;
    const end = start + text.length;
    if (end > this.madeTexts.length) {
      const wider = new Uint8Array(Math.max(end, this.madeTexts.length * 2));
      wider.set(this.madeTexts.subarray(0, start));
      this.madeTexts = wider;
    }
    this.madeTexts.set(text, start);
    this.madeTextsLength = end;
    this.stack.push(kinds.madeText, start, end);
  }
}
