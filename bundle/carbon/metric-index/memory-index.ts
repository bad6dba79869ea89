// The index in memory: tagged and untagged series behind one face.

import type { IndexNode, MetricIndex } from '../store.ts';
import { BitSet } from './growing.ts';
import { PathTrie, taggedName } from './path-trie.ts';
import { runNow, type Work } from './slices.ts';
import { formatTaggedName, parseTaggedName, TagIndex } from './tag-index.ts';
import {
  findSeries,
  type TagNamesQuery,
  type TagValuesQuery,
  tagNames,
  tagValues,
} from './tag-query.ts';

/** Questions over tags; each answer is work for `runInSlices`. */
export interface TagQueries {
  /** Sorted names of the series that match all expressions; `too-many-matches` beyond `limit`. */
  findSeries(expressions: readonly string[], limit?: number): Work<string[]>;
  /** Sorted. */
  tagNames(query: TagNamesQuery): Work<string[]>;
  /** Sorted by value; undefined when no series has the tag. */
  tagValues(query: TagValuesQuery): Work<{ value: string; count: number }[] | undefined>;
}

/** A comparison of the untagged series with what exists elsewhere. */
export interface IndexScan {
  /** Adds `metric` and notes that it exists; whether it was new. */
  saw(metric: string): boolean;
  /** Untagged series that were not seen. */
  unseen(): Iterable<string>;
}

/** Names that come into being elsewhere, numbered from 1 on; they stand where they are for good. */
export interface NameSource {
  /** One more than the highest number. */
  readonly end: number;
  /** The bytes in which name `id` lies, from nameStart(id) on. */
  nameBlock(id: number): Uint8Array;
  nameStart(id: number): number;
  nameLength(id: number): number;
}

export interface SearchableIndex extends MetricIndex {
  readonly tags: TagQueries;
  /** `find` as work for `runInSlices`. */
  findWork(query: string, limit?: number): Work<IndexNode[]>;
  /** Tagged series among `size`. */
  readonly taggedSize: number;
  /** Counts additions and removals that changed something. */
  readonly changes: number;
  /** Memory of all tables, bytes. */
  readonly memoryBytes: number;
  /** `add` for a name that is there as bytes. */
  addBytes(bytes: Uint8Array, start: number, end: number): void;
  /** Names of the source that are not in yet; every question takes them over first. */
  readonly waiting: number;
  /** Takes over what is new in the source. */
  takeOver(): void;
  /** Is told of every name that came or went, as bytes[start, end): good until the next change. */
  onChange: ((bytes: Uint8Array, start: number, end: number, removed: boolean) => void) | undefined;
  /** Tagged series only. */
  taggedNames(): Iterable<string>;
  /** The others. */
  untaggedNames(): Iterable<string>;
  /** Begins a comparison with what really exists. */
  beginScan(): IndexScan;
}

const noSource: NameSource = {
  end: 1,
  nameBlock: () => Buffer.alloc(0),
  nameStart: () => 0,
  nameLength: () => 0,
};

/**
 * An empty index in memory; openMetricIndex gives one that survives a restart. Names of `source`
 * are in it as soon as anybody looks.
 */
export function createMetricIndex(source: NameSource = noSource): SearchableIndex {
  return new MemoryIndex(source);
}

class MemoryIndex implements SearchableIndex {
  onChange: SearchableIndex['onChange'] = undefined;
  readonly tags: TagQueries;
  readonly #source: NameSource;
  /** Names of the source that are in. */
  #taken = 1;
  readonly #untagged = new PathTrie();
  #tagged = new TagIndex();
  #changes = 0;

  constructor(source: NameSource) {
    this.#source = source;
    const both = (): { untagged: PathTrie; tagged: TagIndex } => {
      this.takeOver();
      return { untagged: this.#untagged, tagged: this.#tagged };
    };
    this.tags = {
      *findSeries(expressions, limit = Number.POSITIVE_INFINITY) {
        return yield* findSeries(both(), expressions, limit);
      },
      *tagNames(query) {
        return yield* tagNames(both(), query);
      },
      *tagValues(query) {
        return yield* tagValues(both(), query);
      },
    };
  }

  get waiting(): number {
    return this.#source.end - this.#taken;
  }

  takeOver(): void {
    const source = this.#source;
    while (this.#taken < source.end) {
      const id = this.#taken++;
      const start = source.nameStart(id);
      this.addBytes(source.nameBlock(id), start, start + source.nameLength(id));
    }
  }

  get #size(): number {
    return this.#untagged.size + this.#tagged.size;
  }

  get size(): number {
    this.takeOver();
    return this.#size;
  }

  get taggedSize(): number {
    this.takeOver();
    return this.#tagged.size;
  }

  get changes(): number {
    this.takeOver();
    return this.#changes;
  }

  get memoryBytes(): number {
    return this.#untagged.memoryBytes + this.#tagged.memoryBytes;
  }

  add(metric: string): void {
    const bytes = Buffer.from(metric);
    this.addBytes(bytes, 0, bytes.length);
  }

  addBytes(bytes: Uint8Array, start: number, end: number): void {
    const before = this.#size;
    if (this.#untagged.addBytes(bytes, start, end) === taggedName)
      this.#tagged.add(Buffer.from(bytes.subarray(start, end)).toString());
    if (this.#size === before) return;
    this.#changes++;
    this.onChange?.(bytes, start, end, false);
  }

  remove(metric: string): boolean {
    this.takeOver();
    const isTagged = metric.includes(';');
    const removed = isTagged ? this.#tagged.remove(metric) : this.#untagged.remove(metric);
    if (!removed) return false;
    this.#changes++;
    const bytes = Buffer.from(metric);
    this.onChange?.(bytes, 0, bytes.length, true);
    if (isTagged && this.#tagged.isWorthRebuilding) this.#tagged = this.#tagged.rebuilt();
    return true;
  }

  has(metric: string): boolean {
    this.takeOver();
    return metric.includes(';') ? this.#tagged.has(metric) : this.#untagged.has(metric);
  }

  find(query: string, limit?: number): IndexNode[] {
    return runNow(this.findWork(query, limit));
  }

  *findWork(query: string, limit = Number.POSITIVE_INFINITY): Work<IndexNode[]> {
    this.takeOver();
    if (!query.includes(';')) return yield* this.#untagged.find(query, limit);
    // Tagged series are found by expressions; here only by their whole name.
    const parsed = parseTaggedName(query);
    if (parsed === undefined || !this.#tagged.has(query)) return [];
    return [{ path: formatTaggedName(parsed), isLeaf: true }];
  }

  *names(): Generator<string> {
    yield* this.untaggedNames();
    yield* this.taggedNames();
  }

  *taggedNames(): Generator<string> {
    this.takeOver();
    yield* this.#tagged.names();
  }

  *untaggedNames(): Generator<string> {
    this.takeOver();
    yield* this.#untagged.names();
  }

  beginScan(): IndexScan {
    const seen = new BitSet();
    const untagged = this.#untagged;
    return {
      saw: (metric) => {
        const before = this.#changes;
        this.add(metric);
        if (!metric.includes(';')) seen.add(untagged.leafNode(metric));
        return this.#changes !== before;
      },
      unseen: () => untagged.names((node) => !seen.has(node)),
    };
  }
}
