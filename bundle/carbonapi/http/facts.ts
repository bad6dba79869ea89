// What a request turned out to cost, for logs and statistics; filled in by its handler.
import type { HttpRequest } from '../../core/http.ts';
import type { FoundGlob } from '../backends/backend.ts';
import type { Series } from '../series.ts';
import type { Blocks } from '../serving/blocks.ts';
import type { ReadAccount } from '../serving/read-budget.ts';

export interface RequestFacts {
  series: number;
  points: number;
  fetches: number;
  cached: boolean;
  targets: readonly string[];
}

/** A render that was worked out, perhaps for several requests. */
export interface Rendered {
  facts: RequestFacts;
  /** What went wrong at some stores; empty when nothing did. */
  warnings: string;
  /** The whole answer in pieces; undefined when it is large and has to be made from `series`. */
  parts: Uint8Array[] | undefined;
  series: Series[];
  /** What `series` take of the memory for all requests. */
  account: ReadAccount;
  /** What `parts` are in: to be held until they are sent. */
  blocks: Blocks;
}

/** A find that was asked, perhaps for several requests. */
export interface Found {
  globs: FoundGlob[];
  /** What went wrong at some stores. */
  warnings: ReadonlySet<string>;
}

const factsOf = new WeakMap<HttpRequest, RequestFacts>();

export function noteFacts(request: HttpRequest, facts: RequestFacts): void {
  factsOf.set(request, facts);
}

export function knownFacts(request: HttpRequest): RequestFacts | undefined {
  return factsOf.get(request);
}
