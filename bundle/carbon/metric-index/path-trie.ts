// The untagged series: a tree over the dotted parts of their names. Adding, removing and looking
// up cost one hash probe a part; a glob walks only the branches that match.
import { OperatingError } from '../../core/errors.ts';
import type { IndexNode } from '../store.ts';
import { isGlob, matchesGlob, type NodePattern, parseQuery } from './glob.ts';
import { BitSet } from './growing.ts';
import { noNode, PartTree, rootNode } from './part-tree.ts';
import type { Work } from './slices.ts';

const dot = 0x2e;
const semicolon = 0x3b;
/** Nodes looked at between two pauses of a search. */
const stepsPerRun = 4096;
const attemptsMax = 3;

/** What addBytes answers for a tagged name, which has no place here. */
export const taggedName = -1;

export class PathTrie {
  readonly tree = new PartTree();
  /** Series, not nodes. */
  size = 0;
  private readonly leaves = new BitSet();
  private scratch = Buffer.allocUnsafe(1024);
  /** The branch of the series added last, with its final dot: neighbours mostly come together. */
  private branch = Buffer.allocUnsafe(1024);
  private branchLength = 0;
  private branchNode = rootNode;
  private branchRemovals = 0;

  /** The node of the new or known series. Empty parts are passed over. */
  add(metric: string): number {
    const length = this.encode(metric);
    return this.addBytes(this.scratch, 0, length);
  }

  /** The same for a name that is there as bytes; a tagged one is left out and gives `taggedName`. */
  addBytes(bytes: Uint8Array, start: number, end: number): number {
    let node = rootNode;
    let at = start;
    if (this.isInBranch(bytes, start, end)) {
      node = this.branchNode;
      at += this.branchLength;
    }
    for (let i = at; i < end; i++) if (bytes[i] === semicolon) return taggedName;
    let branchEnd = start;
    let branchNode = node;
    for (let partStart = at; at <= end; at++) {
      if (at < end && bytes[at] !== dot) continue;
      if (at > partStart) node = this.tree.ensureChild(node, bytes, partStart, at);
      partStart = at + 1;
      if (at === end) break;
      branchEnd = partStart;
      branchNode = node;
    }
    if (branchEnd > start) this.keepBranch(bytes, start, branchEnd, branchNode);
    if (node !== rootNode && !this.leaves.has(node)) {
      this.leaves.add(node);
      this.size++;
    }
    return node;
  }

  private isInBranch(bytes: Uint8Array, start: number, end: number): boolean {
    const { branch, branchLength } = this;
    if (branchLength > end - start || this.branchRemovals !== this.tree.removals) return false;
    // From the end: branches that differ mostly do so there.
    for (let i = branchLength - 1; i >= 0; i--) if (branch[i] !== bytes[start + i]) return false;
    return true;
  }

  private keepBranch(bytes: Uint8Array, start: number, end: number, node: number): void {
    const length = end - start;
    if (length > this.branch.length) this.branch = Buffer.allocUnsafe(length * 2);
    const { branch } = this;
    for (let i = 0; i < length; i++) branch[i] = bytes[start + i]!;
    this.branchLength = length;
    this.branchNode = node;
    this.branchRemovals = this.tree.removals;
  }

  has(metric: string): boolean {
    return this.leafNode(metric) !== noNode;
  }

  /** The node of a series that exists, or `noNode`. */
  leafNode(metric: string): number {
    const node = this.node(metric);
    return this.leaves.has(node) ? node : noNode;
  }

  /** The node of a path, series or not, or `noNode`. */
  private node(metric: string): number {
    const length = this.encode(metric);
    let node = rootNode;
    for (let start = 0, at = 0; at <= length; at++) {
      if (at < length && this.scratch[at] !== dot) continue;
      node = this.tree.child(node, this.scratch, start, at);
      if (node === noNode) return noNode;
      start = at + 1;
    }
    return node;
  }

  /** Also removes the branches that become empty. */
  remove(metric: string): boolean {
    let node = this.leafNode(metric);
    if (node === noNode) return false;
    this.leaves.delete(node);
    this.size--;
    while (node !== rootNode && this.tree.firstChild(node) === noNode && !this.leaves.has(node)) {
      const parent = this.tree.parent(node);
      this.tree.removeChild(node);
      node = parent;
    }
    return true;
  }

  get memoryBytes(): number {
    return this.tree.memoryBytes + this.leaves.memoryBytes;
  }

  isLeaf(node: number): boolean {
    return this.leaves.has(node);
  }

  path(node: number): string {
    let path = this.tree.text(node);
    for (let at = this.tree.parent(node); at !== rootNode; at = this.tree.parent(at))
      path = `${this.tree.text(at)}.${path}`;
    return path;
  }

  /** Every series; adding and removing meanwhile is allowed, such series may be seen or not. */
  *names(wanted?: (node: number) => boolean): Generator<string> {
    // Neighbours were mostly added together, so the parent's path is often the last one.
    let parent = -1;
    let prefix = '';
    let removals = -1;
    for (let node = 1; node < this.tree.nodesEnd; node++) {
      if (!this.leaves.has(node) || wanted?.(node) === false) continue;
      if (this.tree.parent(node) !== parent || this.tree.removals !== removals) {
        parent = this.tree.parent(node);
        removals = this.tree.removals;
        prefix = parent === rootNode ? '' : `${this.path(parent)}.`;
      }
      yield prefix + this.tree.text(node);
    }
  }

  /** Series whose names begin with `prefix`, sorted by code unit as far as they are asked for. */
  *sortedNames(prefix: string): Generator<string> {
    const at = prefix.lastIndexOf('.');
    const branch = prefix.slice(0, Math.max(0, at));
    const node = at < 0 ? rootNode : this.node(branch);
    if (at < 0 || node !== noNode)
      yield* this.sortedBelow(node, at < 0 ? '' : `${branch}.`, prefix.slice(at + 1));
  }

  private *sortedBelow(node: number, path: string, begin: string): Generator<string> {
    // A branch sorts as its part and a dot, which is where its series stand among the others.
    const entries: { text: string; node: number }[] = [];
    const { tree } = this;
    for (let child = tree.firstChild(node); child !== noNode; child = tree.next(child)) {
      const text = tree.text(child);
      if (!text.startsWith(begin)) continue;
      if (this.leaves.has(child)) entries.push({ text, node: noNode });
      if (tree.firstChild(child) !== noNode) entries.push({ text: `${text}.`, node: child });
    }
    entries.sort((a, b) => (a.text < b.text ? -1 : 1));
    for (const entry of entries) {
      if (entry.node === noNode) yield path + entry.text;
      else yield* this.sortedBelow(entry.node, path + entry.text, '');
    }
  }

  /** Nodes that match; a path that is both series and branch occurs twice. */
  *find(query: string, limit: number): Work<IndexNode[]> {
    if (!isGlob(query)) return this.findPath(query);
    const variants = parseQuery(query);
    for (let attempt = 1; ; attempt++) {
      const search = new Search(this, query, limit, variants);
      const { removals } = this.tree;
      while (!search.run()) {
        // A removal in a pause may have moved the children that the search stands among: it begins
        // again, and when that happens again and again, goes on without pauses.
        if (attempt < attemptsMax) yield;
        if (this.tree.removals !== removals) break;
      }
      if (search.isDone) return search.found;
    }
  }

  private findPath(path: string): IndexNode[] {
    const node = this.node(path);
    const found: IndexNode[] = [];
    if (node === noNode) return found;
    if (this.tree.firstChild(node) !== noNode) found.push({ path, isLeaf: false });
    if (this.leaves.has(node)) found.push({ path, isLeaf: true });
    return found;
  }

  private encode(metric: string): number {
    if (metric.length * 3 > this.scratch.length)
      this.scratch = Buffer.allocUnsafe(metric.length * 3);
    return this.scratch.write(metric, 'utf8');
  }
}

/** Where a search stands: among the children of a node, `level` levels below the root. */
interface Position {
  /** The child to look at next. */
  child: number;
  level: number;
  /** The pattern that children have to match. */
  depth: number;
}

/** One query on its way through the tree, in steps. */
class Search {
  readonly found: IndexNode[] = [];
  private readonly trie: PathTrie;
  private readonly query: string;
  private readonly limit: number;
  private readonly variants: NodePattern[][];
  private variantsBegun = 0;
  private readonly stack: Position[] = [];
  private patterns: NodePattern[] = [];
  /** Ids of the literal parts of each pattern, so that they are hashed once and not per node. */
  private literals: number[][] = [];
  // Only several variants and `**` can reach a node twice.
  private readonly emitted: BitSet | undefined;
  private entered: BitSet | undefined;
  /** Paths with a dot behind of the nodes above the one at hand, made when a match needs them. */
  private readonly prefixes: string[] = [];
  private readonly prefixNodes: number[] = [];

  constructor(trie: PathTrie, query: string, limit: number, variants: NodePattern[][]) {
    this.trie = trie;
    this.query = query;
    this.limit = limit;
    this.variants = variants;
    const repeats = variants.length > 1 || variants.some((patterns) => levelsOf(patterns) > 0);
    this.emitted = repeats ? new BitSet() : undefined;
  }

  get isDone(): boolean {
    return this.stack.length === 0 && this.variantsBegun === this.variants.length;
  }

  /** Goes on for some steps; whether that was all. */
  run(): boolean {
    const { tree } = this.trie;
    for (let step = 0; step < stepsPerRun; step++) {
      const position = this.stack.at(-1);
      if (position === undefined) {
        if (this.isDone) return true;
        this.begin(this.variants[this.variantsBegun++]!);
        continue;
      }
      const { child, level, depth } = position;
      if (child === noNode) {
        this.stack.pop();
        continue;
      }
      position.child = tree.next(child);
      this.visit(child, level + 1, depth);
    }
    return this.isDone;
  }

  private begin(patterns: NodePattern[]): void {
    const { parts } = this.trie.tree;
    this.patterns = patterns;
    this.literals = patterns.map((pattern) =>
      pattern.kind === 'literals'
        ? pattern.parts.map((part) => parts.find(part, 0, part.length)).filter((id) => id >= 0)
        : [],
    );
    // Without this, several `**` would try every way of sharing the levels among themselves.
    this.entered = levelsOf(patterns) > 1 ? new BitSet() : undefined;
    this.descend(rootNode, 0, 0);
  }

  /** Prepares to match the children of `node`, which is `level` levels below the root. */
  private descend(node: number, level: number, depth: number): void {
    if (this.entered !== undefined) {
      const state = node * this.patterns.length + depth;
      if (this.entered.has(state)) return;
      this.entered.add(state);
    }
    const { tree } = this.trie;
    const { kind } = this.patterns[depth]!;
    if (kind === 'literals') {
      for (const part of this.literals[depth]!) {
        const child = tree.childOfPart(node, part);
        if (child !== noNode) this.enter(child, level + 1, depth + 1);
      }
      return;
    }
    const isLast = depth === this.patterns.length - 1;
    if (kind === 'levels' && !isLast) this.descend(node, level, depth + 1);
    const child = tree.firstChild(node);
    if (child !== noNode) this.stack.push({ child, level, depth });
  }

  private visit(child: number, level: number, depth: number): void {
    const pattern = this.patterns[depth]!;
    if (pattern.kind === 'globs' && !this.matches(pattern, child)) return;
    if (pattern.kind !== 'levels') {
      this.enter(child, level, depth + 1);
      return;
    }
    if (depth === this.patterns.length - 1) this.emit(child, level);
    if (this.trie.tree.firstChild(child) !== noNode) this.descend(child, level, depth);
  }

  private matches(pattern: NodePattern & { kind: 'globs' }, node: number): boolean {
    const { parts } = this.trie.tree;
    const part = this.trie.tree.part(node);
    const start = parts.start(part);
    const end = parts.end(part);
    for (const glob of pattern.globs) if (matchesGlob(glob, parts.bytes, start, end)) return true;
    return false;
  }

  private enter(node: number, level: number, depth: number): void {
    if (depth === this.patterns.length) this.emit(node, level);
    else if (this.trie.tree.firstChild(node) !== noNode) this.descend(node, level, depth);
  }

  private emit(node: number, level: number): void {
    if (this.emitted !== undefined) {
      if (this.emitted.has(node)) return;
      this.emitted.add(node);
    }
    const { tree } = this.trie;
    const path = this.prefix(tree.parent(node), level - 1) + tree.text(node);
    if (tree.firstChild(node) !== noNode) this.found.push({ path, isLeaf: false });
    if (this.trie.isLeaf(node)) this.found.push({ path, isLeaf: true });
    if (this.found.length > this.limit)
      throw new OperatingError(
        'too-many-matches',
        `matched more than ${this.limit}, narrow the query ${JSON.stringify(this.query.slice(0, 200))}`,
      );
  }

  private prefix(node: number, level: number): string {
    if (level === 0) return '';
    if (this.prefixNodes[level] !== node) {
      const { tree } = this.trie;
      this.prefixes[level] = `${this.prefix(tree.parent(node), level - 1)}${tree.text(node)}.`;
      this.prefixNodes[level] = node;
    }
    return this.prefixes[level]!;
  }
}

const levelsOf = (patterns: NodePattern[]): number =>
  patterns.filter(({ kind }) => kind === 'levels').length;
