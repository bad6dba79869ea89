// The index in memory: tagged and untagged series behind one face.

import type { IndexNode, MetricIndex } from '../store.ts';
import { BitSet } from './growing.ts';
import { PathTrie } from './path-trie.ts';
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
  /** Is told of every name that came or went. */
  onChange: ((metric: string, removed: boolean) => void) | undefined;
  /** Tagged series only. */
  taggedNames(): Iterable<string>;
  /** The others. */
  untaggedNames(): Iterable<string>;
  /** Begins a comparison with what really exists. */
  beginScan(): IndexScan;
}

/** An empty index in memory; openMetricIndex gives one that survives a restart. */
export function createMetricIndex(): SearchableIndex {
  const untagged = new PathTrie();
  const sources = { untagged, tagged: new TagIndex() };
  let changes = 0;
  const index: SearchableIndex = {
    onChange: undefined,
    get size() {
      return untagged.size + sources.tagged.size;
    },
    get taggedSize() {
      return sources.tagged.size;
    },
    get changes() {
      return changes;
    },
    get memoryBytes() {
      return untagged.memoryBytes + sources.tagged.memoryBytes;
    },
    add(metric) {
      const before = index.size;
      if (metric.includes(';')) sources.tagged.add(metric);
      else untagged.add(metric);
      if (index.size === before) return;
      changes++;
      index.onChange?.(metric, false);
    },
    remove(metric) {
      const isTagged = metric.includes(';');
      const removed = isTagged ? sources.tagged.remove(metric) : untagged.remove(metric);
      if (!removed) return false;
      changes++;
      index.onChange?.(metric, true);
      if (isTagged && sources.tagged.isWorthRebuilding) sources.tagged = sources.tagged.rebuilt();
      return true;
    },
    has: (metric) => (metric.includes(';') ? sources.tagged.has(metric) : untagged.has(metric)),
    find: (query, limit) => runNow(index.findWork(query, limit)),
    *findWork(query, limit = Number.POSITIVE_INFINITY) {
      if (!query.includes(';')) return yield* untagged.find(query, limit);
      // Tagged series are found by expressions; here only by their whole name.
      const parsed = parseTaggedName(query);
      if (parsed === undefined || !sources.tagged.has(query)) return [];
      return [{ path: formatTaggedName(parsed), isLeaf: true }];
    },
    *names() {
      yield* untagged.names();
      yield* sources.tagged.names();
    },
    taggedNames: () => sources.tagged.names(),
    untaggedNames: () => untagged.names(),
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
      findSeries: (expressions, limit = Number.POSITIVE_INFINITY) =>
        findSeries(sources, expressions, limit),
      tagNames: (query) => tagNames(sources, query),
      tagValues: (query) => tagValues(sources, query),
    },
  };
  return index;
}
