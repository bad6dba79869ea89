// Tagged series (`name;tag=value;…`): an inverted index from every tag=value to the series that
// have it. Written for a million series on one machine.
//
//   tree      tag -> value, a node a pair; the name is the tag "name"
//   series    id -> its pairs, name first, then by tag:  tuples[starts[id] .. starts[id + 1]]
//   postings  pair -> ids of its series, ascending; a lone id stands for itself
//   table     open addressing over the pairs of a series, id + 1; 0 is empty
//
// A removed series leaves a dead id behind; when the dead outnumber the living, the owner builds a
// new index (`rebuilt`), so that an id never changes its meaning for a question under way.
import { OperatingError } from '../../core/errors.ts';
import { BitSet, grown } from './growing.ts';
import { noNode, PartTree, rootNode } from './part-tree.ts';

const semicolon = 0x3b;
const equals = 0x3d;
const nameBytes = Buffer.from('name');

/** Ids in ascending order. */
interface IdList {
  ids: Uint32Array<ArrayBuffer>;
  length: number;
}

export interface TaggedName {
  name: string;
  /** Sorted by `tag=`. */
  tags: [tag: string, value: string][];
}

/** Splits `name;a=b;c=d`, sorted by `tag=` as everywhere in Graphite; undefined when it is not a well-formed tagged name. */
export function parseTaggedName(metric: string): TaggedName | undefined {
  const [name = '', ...rest] = metric.split(';');
  if (name === '' || rest.length === 0) return undefined;
  const tags: [string, string][] = [];
  for (const pair of rest) {
    const equals = pair.indexOf('=');
    if (equals < 1 || equals === pair.length - 1) return undefined;
    tags.push([pair.slice(0, equals), pair.slice(equals + 1)]);
  }
  tags.sort(([a], [b]) => (a === b ? 0 : `${a}=` < `${b}=` ? -1 : 1));
  return { name, tags };
}

export const formatTaggedName = ({ name, tags }: TaggedName): string =>
  name + tags.map(([tag, value]) => `;${tag}=${value}`).join('');

/** The name by which a store knows `metric`: that of a tagged series has its tags in order. */
export function canonicalName(metric: string): string {
  const parsed = metric.includes(';') ? parseTaggedName(metric) : undefined;
  return parsed === undefined ? metric : formatTaggedName(parsed);
}

export class TagIndex {
  /** Living series. */
  size = 0;
  readonly tree = new PartTree();
  private tuples = new Uint32Array(256);
  private starts = new Uint32Array(64);
  private idsUsed = 0;
  private readonly dead = new BitSet();
  private readonly postings: (number | IdList | undefined)[] = [];
  private postingIds = 0;
  private table = new Uint32Array(128);
  /** Those of the series at hand. */
  private pairs = new Uint32Array(64);
  private scratch = Buffer.allocUnsafe(1024);

  /** Ids are below this; dead ones among them. */
  get idsEnd(): number {
    return this.idsUsed;
  }

  get memoryBytes(): number {
    const columns = this.tuples.length + this.starts.length + this.table.length + this.postingIds;
    return this.tree.memoryBytes + 4 * columns + 16 * this.postings.length;
  }

  isAlive(id: number): boolean {
    return id < this.idsUsed && !this.dead.has(id);
  }

  /** Throws an OperatingError `bad-metric-name` when `metric` is not a tagged name. */
  add(metric: string): void {
    const count = this.resolve(metric, true);
    if (count === 0)
      throw new OperatingError(
        'bad-metric-name',
        `${JSON.stringify(metric.slice(0, 200))} is not a tagged series name`,
      );
    const slot = this.slotOf(count);
    if (this.table[slot] === 0) this.insert(count, slot);
  }

  has(metric: string): boolean {
    return this.idOf(metric) >= 0;
  }

  remove(metric: string): boolean {
    const id = this.idOf(metric);
    if (id < 0) return false;
    this.eraseSlot(id);
    this.dead.add(id);
    this.size--;
    return true;
  }

  /** Whether the ids and pairs of removed series take more room than what lives. */
  get isWorthRebuilding(): boolean {
    return this.idsUsed - this.size > this.size + 1024;
  }

  /** The living series in a new index; this one stays as it is for whoever still reads it. */
  rebuilt(): TagIndex {
    const fresh = new TagIndex();
    for (const name of this.names()) fresh.add(name);
    return fresh;
  }

  name(id: number): string {
    const { tree, tuples } = this;
    let text = tree.text(tuples[this.starts[id]!]!);
    for (let at = this.starts[id]! + 1; at < this.starts[id + 1]!; at++) {
      const pair = tuples[at]!;
      text += `;${tree.text(tree.parent(pair))}=${tree.text(pair)}`;
    }
    return text;
  }

  *names(): Generator<string> {
    for (let id = 0; id < this.idsUsed; id++) if (this.isAlive(id)) yield this.name(id);
  }

  /** The node of a tag, or `noNode`. */
  tagNode(tag: string): number {
    const bytes = Buffer.from(tag);
    return this.tree.child(rootNode, bytes, 0, bytes.length);
  }

  /** The pair `tag=value` below a tag's node, or `noNode`. */
  pairNode(tagNode: number, value: string): number {
    if (tagNode === noNode) return noNode;
    const bytes = Buffer.from(value);
    return this.tree.child(tagNode, bytes, 0, bytes.length);
  }

  /** The pair that series `id` has for a tag, or `noNode`. */
  pairOf(id: number, tagNode: number): number {
    const end = this.starts[id + 1]!;
    for (let at = this.starts[id]!; at < end; at++) {
      const pair = this.tuples[at]!;
      if (this.tree.parent(pair) === tagNode) return pair;
    }
    return noNode;
  }

  /** Whether series `id` has this very pair. */
  hasPair(id: number, pair: number): boolean {
    const end = this.starts[id + 1]!;
    for (let at = this.starts[id]!; at < end; at++) if (this.tuples[at] === pair) return true;
    return false;
  }

  /** Every pair of series `id`. */
  pairsOf(id: number): Uint32Array {
    return this.tuples.subarray(this.starts[id]!, this.starts[id + 1]!);
  }

  /** How many series a pair has, dead ones included. */
  postingLength(pair: number): number {
    const posting = this.postings[pair];
    return posting === undefined ? 0 : typeof posting === 'number' ? 1 : posting.length;
  }

  /** The series of a pair, ascending, dead ones included; not to be kept. */
  posting(pair: number): Uint32Array {
    const posting = this.postings[pair];
    if (posting === undefined) return new Uint32Array(0);
    if (typeof posting === 'number') return Uint32Array.of(posting);
    return posting.ids.subarray(0, posting.length);
  }

  /** Living series of a pair. */
  count(pair: number): number {
    if (this.size === this.idsUsed) return this.postingLength(pair);
    let count = 0;
    for (const id of this.posting(pair)) if (!this.dead.has(id)) count++;
    return count;
  }

  private idOf(metric: string): number {
    const count = this.resolve(metric, false);
    return count === 0 ? -1 : this.table[this.slotOf(count)]! - 1;
  }

  /** Fills `pairs` and says how many; 0 when the name is malformed or, without `create`, unknown. */
  private resolve(metric: string, create: boolean): number {
    if (metric.length * 3 > this.scratch.length)
      this.scratch = Buffer.allocUnsafe(metric.length * 3);
    const length = this.scratch.write(metric, 'utf8');
    if (this.isSorted(length)) return this.resolveBytes(length, create);
    const parsed = parseTaggedName(metric);
    if (parsed === undefined) return 0;
    return this.resolveBytes(this.scratch.write(formatTaggedName(parsed), 'utf8'), create);
  }

  /** Whether the name in `scratch` is well formed and has its tags in order, each once. */
  private isSorted(length: number): boolean {
    const bytes = this.scratch;
    let pairs = 0;
    let tagStart = 0;
    let tagEnd = 0;
    let previousStart = 0;
    let previousEnd = 0;
    for (let at = 0; at <= length; at++) {
      const byte = at < length ? bytes[at]! : semicolon;
      if (byte === equals && pairs > 0 && tagEnd === 0) tagEnd = at;
      if (byte !== semicolon) continue;
      if (pairs === 0) {
        if (at === 0) return false;
      } else {
        if (tagEnd <= tagStart || tagEnd + 1 === at) return false;
        // With the equals sign, which counts in the order.
        if (
          pairs > 1 &&
          bytes.compare(bytes, previousStart, previousEnd, tagStart, tagEnd + 1) <= 0
        )
          return false;
        previousStart = tagStart;
        previousEnd = tagEnd + 1;
      }
      pairs++;
      tagStart = at + 1;
      tagEnd = 0;
    }
    return pairs > 1;
  }

  private resolveBytes(length: number, create: boolean): number {
    const { tree, scratch } = this;
    let count = 0;
    let start = 0;
    let valueStart = 0;
    let tagNode = this.nameNode(create);
    for (let at = 0; at <= length; at++) {
      const byte = at < length ? scratch[at]! : semicolon;
      if (byte === equals && count > 0 && valueStart === 0) {
        tagNode = create
          ? tree.ensureChild(rootNode, scratch, start, at)
          : tree.child(rootNode, scratch, start, at);
        valueStart = at + 1;
      }
      if (byte !== semicolon) continue;
      if (tagNode === noNode) return 0;
      const pair = create
        ? tree.ensureChild(tagNode, scratch, valueStart, at)
        : tree.child(tagNode, scratch, valueStart, at);
      if (pair === noNode) return 0;
      this.pairs = grown(this.pairs, count + 1);
      this.pairs[count++] = pair;
      start = at + 1;
      valueStart = 0;
    }
    return count;
  }

  private nameNode(create: boolean): number {
    return create
      ? this.tree.ensureChild(rootNode, nameBytes, 0, nameBytes.length)
      : this.tree.child(rootNode, nameBytes, 0, nameBytes.length);
  }

  private insert(count: number, slot: number): void {
    const id = this.idsUsed++;
    this.starts = grown(this.starts, id + 2);
    const start = this.starts[id]!;
    this.tuples = grown(this.tuples, start + count);
    this.starts[id + 1] = start + count;
    for (let i = 0; i < count; i++) {
      this.tuples[start + i] = this.pairs[i]!;
      this.appendPosting(this.pairs[i]!, id);
    }
    this.table[slot] = id + 1;
    this.size++;
    if (this.size * 4 > this.table.length * 3) this.rehash();
  }

  private appendPosting(pair: number, id: number): void {
    const posting = this.postings[pair];
    if (posting === undefined) {
      // A hole would turn the array into a dictionary.
      while (this.postings.length < pair) this.postings.push(undefined);
      this.postings[pair] = id;
    } else if (typeof posting === 'number') {
      this.postings[pair] = { ids: Uint32Array.of(posting, id, 0, 0), length: 2 };
      this.postingIds += 4;
    } else {
      if (posting.length === posting.ids.length) {
        const larger = new Uint32Array(Math.ceil(posting.length * 1.5));
        larger.set(posting.ids);
        this.postingIds += larger.length - posting.ids.length;
        posting.ids = larger;
      }
      posting.ids[posting.length++] = id;
    }
  }

  /** Where the series with the first `count` of `pairs` is, or would go. */
  private slotOf(count: number): number {
    const mask = this.table.length - 1;
    for (let slot = hashPairs(this.pairs, 0, count) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.table[slot]!;
      if (entry === 0 || this.hasPairs(entry - 1, count)) return slot;
    }
  }

  private hasPairs(id: number, count: number): boolean {
    const start = this.starts[id]!;
    if (this.starts[id + 1]! - start !== count) return false;
    for (let i = 0; i < count; i++) if (this.tuples[start + i] !== this.pairs[i]) return false;
    return true;
  }

  private home(id: number): number {
    const hash = hashPairs(this.tuples, this.starts[id]!, this.starts[id + 1]!);
    return hash & (this.table.length - 1);
  }

  private rehash(): void {
    const before = this.table;
    this.table = new Uint32Array(before.length * 2);
    const mask = this.table.length - 1;
    for (const entry of before) {
      if (entry === 0) continue;
      let slot = this.home(entry - 1);
      while (this.table[slot] !== 0) slot = (slot + 1) & mask;
      this.table[slot] = entry;
    }
  }

  private eraseSlot(id: number): void {
    const mask = this.table.length - 1;
    let hole = this.home(id);
    while (this.table[hole] !== id + 1) hole = (hole + 1) & mask;
    this.table[hole] = 0;
    for (let slot = (hole + 1) & mask; this.table[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.table[slot]!;
      if (((slot - this.home(entry - 1)) & mask) < ((slot - hole) & mask)) continue;
      this.table[hole] = entry;
      this.table[slot] = 0;
      hole = slot;
    }
  }
}

function hashPairs(pairs: Uint32Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash ^ pairs[i]!, 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
