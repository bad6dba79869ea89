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
  addBytes(bytes: Buffer, start: number, end: number): void;
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
  const untagged = new PathTrie();
  const sources = { untagged, tagged: new TagIndex() };
  let changes = 0;
  let taken = 1;
  const size = (): number => untagged.size + sources.tagged.size;
  const add = (bytes: Uint8Array, start: number, end: number): void => {
    const before = size();
    if (untagged.addBytes(bytes, start, end) === taggedName)
      sources.tagged.add(Buffer.from(bytes.subarray(start, end)).toString());
    if (size() === before) return;
    changes++;
    index.onChange?.(bytes, start, end, false);
  };
  const takeOver = (): void => {
    while (taken < source.end) {
      const id = taken++;
      const start = source.nameStart(id);
      add(source.nameBlock(id), start, start + source.nameLength(id));
    }
  };
  const index: SearchableIndex = {
    onChange: undefined,
    get waiting() {
      return source.end - taken;
    },
    takeOver,
    get size() {
      takeOver();
      return size();
    },
    get taggedSize() {
      takeOver();
      return sources.tagged.size;
    },
    get changes() {
      takeOver();
      return changes;
    },
    get memoryBytes() {
      return untagged.memoryBytes + sources.tagged.memoryBytes;
    },
    add(metric) {
      const bytes = Buffer.from(metric);
      add(bytes, 0, bytes.length);
    },
    addBytes: add,
    remove(metric) {
      takeOver();
      const isTagged = metric.includes(';');
      const removed = isTagged ? sources.tagged.remove(metric) : untagged.remove(metric);
      if (!removed) return false;
      changes++;
      const bytes = Buffer.from(metric);
      index.onChange?.(bytes, 0, bytes.length, true);
      if (isTagged && sources.tagged.isWorthRebuilding) sources.tagged = sources.tagged.rebuilt();
      return true;
    },
    has(metric) {
      takeOver();
      return metric.includes(';') ? sources.tagged.has(metric) : untagged.has(metric);
    },
    find: (query, limit) => runNow(index.findWork(query, limit)),
    *findWork(query, limit = Number.POSITIVE_INFINITY) {
      takeOver();
      if (!query.includes(';')) return yield* untagged.find(query, limit);
      // Tagged series are found by expressions; here only by their whole name.
      const parsed = parseTaggedName(query);
      if (parsed === undefined || !sources.tagged.has(query)) return [];
      return [{ path: formatTaggedName(parsed), isLeaf: true }];
    },
    *names() {
      takeOver();
      yield* untagged.names();
      yield* sources.tagged.names();
    },
    *taggedNames() {
      takeOver();
      yield* sources.tagged.names();
    },
    *untaggedNames() {
      takeOver();
      yield* untagged.names();
    },
    beginScan() {
      const seen = new BitSet();
      return {
        saw(metric) {
          const before = changes;
          index.add(metric);
          if (!metric.includes(';')) seen.add(untagged.leafNode(metric));
          return changes !== before;
        },
        unseen: () => untagged.names((node) => !seen.has(node)),
      };
    },
    tags: {
      *findSeries(expressions, limit = Number.POSITIVE_INFINITY) {
        takeOver();
        return yield* findSeries(sources, expressions, limit);
      },
      *tagNames(query) {
        takeOver();
        return yield* tagNames(sources, query);
      },
      *tagValues(query) {
        takeOver();
        return yield* tagValues(sources, query);
      },
    },
  };
  return index;
}
