// The contract of a find format: nodes of the metric tree in, an answer out.
import type { FoundNode } from '../../backends/backend.ts';

export interface FindResult {
  query: string;
  /** Ordered by path, a branch before the leaf of the same path. */
  nodes: readonly FoundNode[];
  /** Add an entry "*" when there are several. */
  wildcards: boolean;
  /** Which node of a path a list of nodes shows, counted from the end if negative. */
  position: number;
}

export interface FindFormat {
  /** The values of `format` that mean this one, the usual one first. */
  readonly names: readonly string[];
  readonly contentType: string;
  /** The query to ask for instead of the one given; `variants`: a node "a,b" stands for "{a,b}". */
  queryFor?(query: string, options: { variants: boolean }): string;
  encode(result: FindResult): string | Uint8Array;
}

/** The last node of a path. */
export const lastNode = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** The order of names that are shown without what they hang from. */
export function byLastNode(a: FoundNode, b: FoundNode): number {
  const [nameA, nameB] = [lastNode(a.path), lastNode(b.path)];
  return nameA < nameB ? -1 : Number(nameA > nameB);
}
