// A tree whose nodes are numbers: node 0 is the root, a node knows its parent, its part of the
// name, its first child and its neighbours. One hash table over all nodes answers "the child of N
// called P" in one probe, so neither small nor huge fan-outs need a container of their own.
//
//   columns  parent  part  firstChild  next  previous   4 bytes each a node
//   table    open addressing over (parent, part): node id, in its upper 4 bits some of the hash, so that
//            nearly no other node is looked at; 0 is empty (the root is never a child)
import { grown } from './growing.ts';
import { PartTable } from './part-table.ts';

export const rootNode = 0;
/** "No such node": the root is nobody's child. */
export const noNode = 0;

const tagMask = 0xf0000000;
const nodeMask = 0x0fffffff;

export class PartTree {
  readonly parts = new PartTable();
  /** Nodes in use, the root not counted. */
  size = 0;
  /** Counts removals: while it stands still no id changes its meaning. */
  removals = 0;
  private parents = new Uint32Array(64);
  private partIds = new Uint32Array(64);
  private firstChildren = new Uint32Array(64);
  private nexts = new Uint32Array(64);
  private previouses = new Uint32Array(64);
  private table = new Uint32Array(128);
  private nodesUsed = 1;
  private freeNodes: number[] = [];

  /** Ids are below this. */
  get nodesEnd(): number {
    return this.nodesUsed;
  }

  get memoryBytes(): number {
    return this.parts.memoryBytes + 4 * (this.parents.length * 5 + this.table.length);
  }

  parent(node: number): number {
    return this.parents[node]!;
  }

  part(node: number): number {
    return this.partIds[node]!;
  }

  firstChild(node: number): number {
    return this.firstChildren[node]!;
  }

  next(node: number): number {
    return this.nexts[node]!;
  }

  text(node: number): string {
    return this.parts.text(this.partIds[node]!);
  }

  /** The child of `parent` whose part is these bytes, or `noNode`. */
  child(parent: number, source: Uint8Array, start: number, end: number): number {
    const part = this.parts.find(source, start, end);
    return part < 0 ? noNode : this.childOfPart(parent, part);
  }

  /** The same, created when missing. */
  ensureChild(parent: number, source: Uint8Array, start: number, end: number): number {
    let part = this.parts.find(source, start, end);
    if (part < 0) part = this.parts.insert(source, start, end);
    else {
      const known = this.childOfPart(parent, part);
      if (known !== noNode) return known;
    }
    if ((this.size + 1) * 4 > this.table.length * 3) this.rehash();
    const node = this.freeNodes.pop() ?? this.nodesUsed++;
    if (node > nodeMask) throw new RangeError(`a tree has room for ${nodeMask} nodes`);
    this.growColumns(node + 1);
    const first = this.firstChildren[parent]!;
    this.parents[node] = parent;
    this.parts.retain(part);
    this.partIds[node] = part;
    this.firstChildren[node] = noNode;
    this.nexts[node] = first;
    this.previouses[node] = noNode;
    if (first !== noNode) this.previouses[first] = node;
    this.firstChildren[parent] = node;
    this.place(node);
    this.size++;
    return node;
  }

  /** Takes a node without children out of the tree; its id may be used again. */
  removeChild(node: number): void {
    this.erase(node);
    const next = this.nexts[node]!;
    const previous = this.previouses[node]!;
    if (next !== noNode) this.previouses[next] = previous;
    if (previous !== noNode) this.nexts[previous] = next;
    else this.firstChildren[this.parents[node]!] = next;
    this.parts.release(this.partIds[node]!);
    this.freeNodes.push(node);
    this.size--;
    this.removals++;
  }

  /** The child of `parent` whose part has this id, or `noNode`. */
  childOfPart(parent: number, part: number): number {
    const { table } = this;
    const mask = table.length - 1;
    const hash = hashPair(parent, part);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = table[slot]!;
      if (entry === noNode) return noNode;
      if (((entry ^ hash) & tagMask) !== 0) continue;
      const node = entry & nodeMask;
      if (this.partIds[node] === part && this.parents[node] === parent) return node;
    }
  }

  private growColumns(length: number): void {
    if (length <= this.parents.length) return;
    this.parents = grown(this.parents, length);
    this.partIds = grown(this.partIds, length);
    this.firstChildren = grown(this.firstChildren, length);
    this.nexts = grown(this.nexts, length);
    this.previouses = grown(this.previouses, length);
  }

  private hash(node: number): number {
    return hashPair(this.parents[node]!, this.partIds[node]!);
  }

  private place(node: number): void {
    const mask = this.table.length - 1;
    const hash = this.hash(node);
    let slot = hash & mask;
    while (this.table[slot] !== noNode) slot = (slot + 1) & mask;
    this.table[slot] = (hash & tagMask) | node;
  }

  private rehash(): void {
    const before = this.table;
    this.table = new Uint32Array(before.length * 2);
    for (let i = 0; i < before.length; i++)
      if (before[i] !== noNode) this.place(before[i]! & nodeMask);
  }

  // As in PartTable: later entries of the run move up, no tombstones.
  private erase(node: number): void {
    const mask = this.table.length - 1;
    let hole = this.hash(node) & mask;
    while ((this.table[hole]! & nodeMask) !== node) hole = (hole + 1) & mask;
    this.table[hole] = noNode;
    for (let slot = (hole + 1) & mask; this.table[slot] !== noNode; slot = (slot + 1) & mask) {
      const entry = this.table[slot]!;
      if (((slot - this.hash(entry & nodeMask)) & mask) < ((slot - hole) & mask)) continue;
      this.table[hole] = entry;
      this.table[slot] = noNode;
      hole = slot;
    }
  }
}

function hashPair(parent: number, part: number): number {
  let hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(part + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
