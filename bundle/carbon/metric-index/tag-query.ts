// Questions to the tag index, answered as graphite-web's tag database does. Untagged series take
// part with the tag "name" only. Every question is work for slices.ts: at a million series some
// take longer than an event loop should be held.
import { OperatingError } from '../../core/errors.ts';
import { compileRegex } from '../../core/safe-regex.ts';
import { noNode, rootNode } from './part-tree.ts';
import type { PathTrie } from './path-trie.ts';
import type { Work } from './slices.ts';
import { SmallestStrings } from './smallest.ts';
import { sortWork } from './sort-work.ts';
import { parseTagExpressions, type TagExpression } from './tag-expression.ts';
import type { TagIndex } from './tag-index.ts';

/** Steps between two yields. */
const stepsPerYield = 256;
const nameTag = 'name';

export interface TagSources {
  tagged: TagIndex;
  untagged: PathTrie;
}

export interface TagNamesQuery {
  expressions?: readonly string[];
  prefix?: string;
  /** Anchored at the start. */
  regex?: string;
  limit?: number;
}

export interface TagValuesQuery extends TagNamesQuery {
  tag: string;
}

/** Sorted names of matching series; throws `too-many-matches` beyond `limit`. */
export function* findSeries(
  sources: TagSources,
  texts: readonly string[],
  limit: number,
): Work<string[]> {
  const expressions = parseTagExpressions(texts);
  const names: string[] = [];
  const push = (name: string): void => {
    if (names.length >= limit)
      throw new OperatingError(
        'too-many-matches',
        `matched more than ${limit}, narrow the query ${JSON.stringify(texts.join('&').slice(0, 200))}`,
      );
    names.push(name);
  };
  let steps = 0;
  for (const id of yield* matchingIds(sources.tagged, expressions)) {
    push(sources.tagged.name(id));
    if (++steps % stepsPerYield === 0) yield;
  }
  yield* forEachUntagged(sources.untagged, expressions, push);
  return yield* sortWork(names);
}

/** Sorted tag names: of all series, or of those that match and without the tags asked about. */
export function* tagNames(sources: TagSources, query: TagNamesQuery): Work<string[]> {
  const { tagged, untagged } = sources;
  const accepts = acceptor(query);
  const names = new SmallestStrings(query.limit ?? Number.POSITIVE_INFINITY);
  const { tree } = tagged;
  if (query.expressions === undefined || query.expressions.length === 0) {
    if (untagged.size > 0 && accepts(nameTag)) names.add(nameTag);
    for (let node = tree.firstChild(rootNode); node !== noNode; node = tree.next(node)) {
      const name = tree.text(node);
      if (accepts(name) && (yield* isUsed(tagged, node))) names.add(name);
    }
    return names.sorted();
  }
  const expressions = parseTagExpressions(query.expressions);
  const asked = new Set(expressions.map(({ tag }) => tag));
  const nodes = new Set<number>();
  let steps = 0;
  for (const id of yield* matchingIds(tagged, expressions)) {
    for (const pair of tagged.pairsOf(id)) nodes.add(tree.parent(pair));
    if (++steps % stepsPerYield === 0) yield;
  }
  for (const node of nodes) {
    const name = tree.text(node);
    if (!asked.has(name) && accepts(name)) names.add(name);
  }
  if (!asked.has(nameTag) && accepts(nameTag)) {
    const one = yield* forEachUntagged(untagged, expressions, () => false);
    if (one) names.add(nameTag);
  }
  return names.sorted();
}

/** Sorted values of a tag with the number of series of each; undefined for an unknown tag. */
export function* tagValues(
  sources: TagSources,
  query: TagValuesQuery,
): Work<{ value: string; count: number }[] | undefined> {
  const { tagged, untagged } = sources;
  const { tree } = tagged;
  const tagNode = tagged.tagNode(query.tag);
  const isName = query.tag === nameTag;
  if (tagNode === noNode && !(isName && untagged.size > 0)) return undefined;
  const accepts = acceptor(query);
  const values = new SmallestStrings(query.limit ?? Number.POSITIVE_INFINITY);
  const counts = new Map<number, number>();
  let steps = 0;
  if (query.expressions === undefined || query.expressions.length === 0) {
    if (tagNode !== noNode)
      for (let pair = tree.firstChild(tagNode); pair !== noNode; pair = tree.next(pair)) {
        const value = tree.text(pair);
        if (accepts(value) && tagged.count(pair) > 0) values.add(value);
        if (++steps % stepsPerYield === 0) yield;
      }
    if (isName) yield* addSortedNames(untagged, query, accepts, values);
  } else {
    const expressions = parseTagExpressions(query.expressions);
    for (const id of yield* matchingIds(tagged, expressions)) {
      const pair = tagged.pairOf(id, tagNode);
      if (pair !== noNode) {
        const count = (counts.get(pair) ?? 0) + 1;
        counts.set(pair, count);
        if (count === 1) {
          const value = tree.text(pair);
          if (accepts(value)) values.add(value);
        }
      }
      if (++steps % stepsPerYield === 0) yield;
    }
    if (isName)
      yield* forEachUntagged(untagged, expressions, (name) => {
        if (accepts(name)) values.add(name);
      });
  }
  const filtered = counts.size > 0;
  return values.sorted().map((value) => {
    const pair = tagged.pairNode(tagNode, value);
    const count = pair === noNode ? 0 : filtered ? (counts.get(pair) ?? 0) : tagged.count(pair);
    return { value, count: count + (isName && untagged.has(value) ? 1 : 0) };
  });
}

/** The first names as far as the limit asks for them. */
function* addSortedNames(
  untagged: PathTrie,
  { prefix = '', limit = Number.POSITIVE_INFINITY }: TagNamesQuery,
  accepts: (text: string) => boolean,
  values: SmallestStrings,
): Work<void> {
  let steps = 0;
  let added = 0;
  for (const name of untagged.sortedNames(prefix)) {
    if (added >= limit) return;
    if (++steps % stepsPerYield === 0) yield;
    if (!accepts(name)) continue;
    values.add(name);
    added++;
  }
}

function acceptor({ prefix = '', regex }: TagNamesQuery): (text: string) => boolean {
  const compiled = regex === undefined || regex === '' ? undefined : compileRegex(regex);
  return (text) =>
    text.startsWith(prefix) && (compiled === undefined || compiled.testAtStart(text));
}

function* isUsed(tagged: TagIndex, tagNode: number): Work<boolean> {
  const { tree } = tagged;
  let steps = 0;
  for (let pair = tree.firstChild(tagNode); pair !== noNode; pair = tree.next(pair)) {
    if (tagged.count(pair) > 0) return true;
    if (++steps % stepsPerYield === 0) yield;
  }
  return false;
}

/**
 * Living tagged series that match: the cheapest expression gives the candidates, the others are
 * asked about each of them.
 */
function* matchingIds(tagged: TagIndex, expressions: TagExpression[]): Work<number[]> {
  const base = cheapest(tagged, expressions);
  const tests = expressions
    .filter((expression) => expression !== base.expression)
    .map((expression) => seriesTest(tagged, expression));
  const ids: number[] = [];
  let steps = 0;
  for (const pair of base.pairs ?? (yield* matchingPairs(tagged, base.expression))) {
    // A copy: the list may grow and move while other requests are served.
    for (const id of tagged.posting(pair).slice()) {
      if (++steps % stepsPerYield === 0) yield;
      if (tagged.isAlive(id) && tests.every((matches) => matches(id))) ids.push(id);
    }
  }
  return ids;
}

/** Whether one series meets an expression; equality compares pairs, the rest remembers values. */
function seriesTest(tagged: TagIndex, expression: TagExpression): (id: number) => boolean {
  const { tag, operator, value, matchesMissing } = expression;
  const tagNode = tagged.tagNode(tag);
  if (tagNode === noNode) return () => matchesMissing;
  if (operator === '=' || operator === '!=') {
    // No tag has an empty value: the question is only whether there is one.
    if (value === '') return (id) => (tagged.pairOf(id, tagNode) === noNode) === matchesMissing;
    const pair = tagged.pairNode(tagNode, value);
    const isEqual = operator === '=';
    return pair === noNode ? () => !isEqual : (id) => tagged.hasPair(id, pair) === isEqual;
  }
  const verdicts = new Map<number, boolean>();
  return (id) => {
    const own = tagged.pairOf(id, tagNode);
    if (own === noNode) return matchesMissing;
    let verdict = verdicts.get(own);
    if (verdict === undefined) {
      verdict = expression.matches(tagged.tree.text(own));
      verdicts.set(own, verdict);
    }
    return verdict;
  };
}

function cheapest(
  tagged: TagIndex,
  expressions: TagExpression[],
): { expression: TagExpression; pairs?: number[] } {
  let best: { expression: TagExpression; pairs?: number[]; cost: number } | undefined;
  for (const expression of expressions) {
    if (expression.matchesMissing) continue;
    const { candidates } = expression;
    if (candidates === undefined) {
      best ??= { expression, cost: Number.POSITIVE_INFINITY };
      // Of two that need a look at every value, the one with a known beginning is cheaper.
      if (best.pairs === undefined && expression.prefix.length > best.expression.prefix.length)
        best = { expression, cost: Number.POSITIVE_INFINITY };
      continue;
    }
    const tagNode = tagged.tagNode(expression.tag);
    const pairs = candidates
      .map((value) => tagged.pairNode(tagNode, value))
      .filter((pair) => pair !== noNode);
    let cost = 0;
    for (const pair of pairs) cost += tagged.postingLength(pair);
    if (best === undefined || cost < best.cost) best = { expression, pairs, cost };
  }
  if (best === undefined) throw new Error('BUG: expressions were not checked');
  return best;
}

function* matchingPairs(tagged: TagIndex, expression: TagExpression): Work<number[]> {
  const { tree } = tagged;
  const pairs: number[] = [];
  const tagNode = tagged.tagNode(expression.tag);
  if (tagNode === noNode) return pairs;
  let steps = 0;
  for (let pair = tree.firstChild(tagNode); pair !== noNode; pair = tree.next(pair)) {
    const value = tree.text(pair);
    if (value.startsWith(expression.prefix) && expression.matches(value)) pairs.push(pair);
    if (++steps % stepsPerYield === 0) yield;
  }
  return pairs;
}

/** Calls `visit` with matching untagged series until it says false; whether there was one. */
function* forEachUntagged(
  untagged: PathTrie,
  expressions: TagExpression[],
  visit: (name: string) => unknown,
): Work<boolean> {
  const onName = expressions.filter(({ tag }) => tag === nameTag);
  if (expressions.some(({ tag, matchesMissing }) => tag !== nameTag && !matchesMissing))
    return false;
  const exact = onName.find(({ candidates }) => candidates !== undefined)?.candidates;
  const prefix = onName.find((expression) => expression.prefix !== '')?.prefix ?? '';
  let any = false;
  let steps = 0;
  for (const name of exact?.filter((value) => untagged.has(value)) ?? untagged.names()) {
    if (++steps % stepsPerYield === 0) yield;
    if (!name.startsWith(prefix) && exact === undefined) continue;
    if (!onName.every((expression) => expression.matches(name))) continue;
    any = true;
    if (visit(name) === false) return true;
  }
  return any;
}
