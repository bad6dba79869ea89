// The contract of a find format: nodes of the metric tree in, an answer out.
import type { FoundNode } from '../../backends/backend.ts';

export interface FindResult {
  query: string;
  /** Ordered by path, a branch before the leaf of the same path. */
  nodes: readonly FoundNode[];
  /** Put an entry "*" first when there are several. */
  wildcards: boolean;
}

export interface FindFormat {
  /** The values of `format` that mean this one, the usual one first. */
  readonly names: readonly string[];
  readonly contentType: string;
  /** The query to ask for instead of the one given. */
  queryFor?(query: string): string;
  encode(result: FindResult): string | Uint8Array;
}

/** The last node of a path. */
export const lastNode = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
