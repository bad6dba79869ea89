// Python pickles of plain values, protocols 0 to 5. Reading builds None, booleans, numbers, strings,
// bytes, lists, tuples (as arrays) and dicts (as Maps), nothing else: nothing is ever imported or
// called, so a hostile pickle is a bad value and no more. Who expects objects of certain classes names
// these; such an object is read as the Map of its attributes.
//
//   pickle  = opcodes of a stack machine, '.' at the end; opcode letters are spelled below
//   strings  X u32 utf8 · U u8 · T u32 · V…\n · S'…'\n      numbers  K u8 · M u16 · J i32 · G f64 (big
//   endian) · \x8a u8 two's complement · I…\n · L…\n · F…\n   the rest of lengths is little endian
//
// https://github.com/python/cpython/blob/main/Lib/pickletools.py
import { OperatingError } from '../core/errors.ts';
import { unescapeUnicode, unquote } from './pickle-text.ts';

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>;

export interface PickleLimits {
  /** Values that may be built, containers and their contents. */
  valuesMax: number;
  /** Containers within containers. */
  depthMax: number;
}

export const defaultPickleLimits: PickleLimits = { valuesMax: 5_000_000, depthMax: 16 };

const noClasses: ReadonlySet<string> = new Set();

function bad(what: string, offset: number): OperatingError {
  return new OperatingError('bad-pickle', `cannot read the pickle at byte ${offset}: ${what}`);
}

/**
 * Decodes one pickle; objects may be of `classes` only ("module.Class") and made without arguments.
 * Throws an OperatingError `bad-pickle`.
 */
export function decodePickle(
  bytes: Uint8Array,
  limits: PickleLimits = defaultPickleLimits,
  classes: ReadonlySet<string> = noClasses,
): PickleValue {
  const value = new PickleMachine(bytes, limits, classes).run();
  checkShape(value, limits);
  return value;
}

/** A memo can make a value contain itself, or multiply by reference: walked once within limits. */
function checkShape(value: PickleValue, { valuesMax, depthMax }: PickleLimits): void {
  let room = valuesMax;
  const visit = (inner: PickleValue, depth: number): void => {
    if (--room < 0) throw bad('too many values', 0);
    if (typeof inner !== 'object' || inner === null || inner instanceof Uint8Array) return;
    if (depth >= depthMax) throw bad('nested too deeply', 0);
    if (Array.isArray(inner)) for (const element of inner) visit(element, depth + 1);
    else
      for (const [key, element] of inner) {
        visit(key, depth + 1);
        visit(element, depth + 1);
      }
  };
  visit(value, 0);
}

/** Marks the bottom of a group on the stack. */
const mark = Symbol('mark');
/** Any of the classes that are allowed: their objects are all read alike. */
const known = Symbol('class');
type StackValue = PickleValue | typeof mark | typeof known;

class PickleMachine {
  private readonly bytes: Buffer;
  private readonly limits: PickleLimits;
  private position = 0;
  private built = 0;
  private readonly stack: StackValue[] = [];
  private readonly memo = new Map<number, PickleValue | typeof known>();
  private readonly classes: ReadonlySet<string>;

  constructor(bytes: Uint8Array, limits: PickleLimits, classes: ReadonlySet<string>) {
    this.classes = classes;
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limits = limits;
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.bytes[this.take(1)]!;
      if (opcode === 0x2e) return this.pop();
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    const value = this.value(opcode);
    if (value === undefined) this.arrange(opcode);
    else if (++this.built > this.limits.valuesMax) throw this.bad('too many values');
    else this.stack.push(value);
  }

  /** Opcodes that push one value; undefined for the others. */
  private value(opcode: number): PickleValue | undefined {
    const { bytes } = this;
    switch (opcode) {
      case 0x32: // DUP
        return this.top();
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4b: // BININT1
        return bytes[this.take(1)]!;
      case 0x4d: // BININT2
        return bytes.readUInt16LE(this.take(2));
      case 0x4a: // BININT
        return bytes.readInt32LE(this.take(4));
      case 0x8a: // LONG1
        return this.long(bytes[this.take(1)]!);
      case 0x8b: // LONG4
        return this.long(bytes.readInt32LE(this.take(4)));
      case 0x47: // BINFLOAT
        return bytes.readDoubleBE(this.take(8));
      case 0x49: // INT
        return this.textInteger(this.line());
      case 0x4c: // LONG
        return this.textInteger(this.line().replace(/L$/, ''));
      case 0x46: // FLOAT
        return this.textFloat(this.line());
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING
        return this.string(bytes.readUInt32LE(this.take(4)));
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        return this.string(bytes[this.take(1)]!);
      case 0x8d: // BINUNICODE8
        return this.string(this.length8());
      case 0x53: // STRING
        return unquote(this.line()) ?? this.fail('bad quotes');
      case 0x56: // UNICODE
        return unescapeUnicode(this.line());
      case 0x42: // BINBYTES
        return this.binary(bytes.readUInt32LE(this.take(4)));
      case 0x43: // SHORT_BINBYTES
        return this.binary(bytes[this.take(1)]!);
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.binary(this.length8());
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        return [];
      case 0x6c: // LIST
      case 0x74: // TUPLE
        return this.popGroup();
      case 0x85: // TUPLE1
        return this.popMany(1);
      case 0x86: // TUPLE2
        return this.popMany(2);
      case 0x87: // TUPLE3
        return this.popMany(3);
      case 0x7d: // EMPTY_DICT
        return new Map();
      case 0x64: // DICT
        return this.fill(new Map(), this.popGroup());
      case 0x81: {
        // NEWOBJ
        this.expectObjects(opcode);
        const args = this.pop();
        return this.instance([this.stack.pop(), ...(Array.isArray(args) ? args : [args])]);
      }
      case 0x6f: // OBJ
        this.expectObjects(opcode);
        return this.instance(this.popStackGroup());
      default:
        return undefined;
    }
  }

  /** Opcodes that work on what is on the stack. */
  private arrange(opcode: number): void {
    const { bytes } = this;
    switch (opcode) {
      case 0x80: // PROTO
        if (bytes[this.take(1)]! > 5) throw this.bad('unknown protocol');
        return;
      case 0x95: // FRAME
        this.take(8);
        return;
      case 0x28: // MARK
        this.stack.push(mark);
        return;
      case 0x30: // POP
        if (this.stack.pop() === undefined) throw this.bad('the stack is empty');
        return;
      case 0x31: // POP_MARK
        this.popGroup();
        return;
      case 0x61: {
        // APPEND
        const value = this.pop();
        this.topList().push(value);
        return;
      }
      case 0x65: {
        // APPENDS
        const values = this.popGroup();
        const list = this.topList();
        for (const value of values) list.push(value);
        return;
      }
      case 0x73: {
        // SETITEM
        const pair = this.popMany(2);
        this.fill(this.topDict(), pair);
        return;
      }
      case 0x75: {
        // SETITEMS
        const pairs = this.popGroup();
        this.fill(this.topDict(), pairs);
        return;
      }
      case 0x70: // PUT
        this.put(this.textIndex());
        return;
      case 0x71: // BINPUT
        this.put(bytes[this.take(1)]!);
        return;
      case 0x72: // LONG_BINPUT
        this.put(bytes.readUInt32LE(this.take(4)));
        return;
      case 0x94: // MEMOIZE
        this.put(this.memo.size);
        return;
      case 0x67: // GET
        this.get(this.textIndex());
        return;
      case 0x68: // BINGET
        this.get(bytes[this.take(1)]!);
        return;
      case 0x6a: // LONG_BINGET
        this.get(bytes.readUInt32LE(this.take(4)));
        return;
      case 0x63: // GLOBAL
        this.expectObjects(opcode);
        this.pushClass(this.line(), this.line());
        return;
      case 0x93: {
        // STACK_GLOBAL
        this.expectObjects(opcode);
        const [module, name] = this.popMany(2);
        this.pushClass(module, name);
        return;
      }
      case 0x62: {
        // BUILD
        this.expectObjects(opcode);
        const state = this.pop();
        const attributes = this.topDict();
        if (!(state instanceof Map)) throw this.bad('an object has no attributes');
        for (const [key, value] of state) attributes.set(key, value);
        return;
      }
      default:
        throw this.notAllowed(opcode);
    }
  }

  private notAllowed(opcode: number): OperatingError {
    return this.bad(`opcode 0x${opcode.toString(16)} is not allowed`);
  }

  /** Where no class is expected the opcodes that make objects are not even known. */
  private expectObjects(opcode: number): void {
    if (this.classes.size === 0) throw this.notAllowed(opcode);
  }

  private bad(what: string): OperatingError {
    return bad(what, this.position);
  }

  private fail(what: string): never {
    throw this.bad(what);
  }

  private take(length: number): number {
    const start = this.position;
    if (length < 0 || start + length > this.bytes.length) throw this.bad('it ends too early');
    this.position = start + length;
    return start;
  }

  private pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === mark) throw this.bad('the stack is empty');
    if (value === known) throw this.bad('a class is no value');
    return value;
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || value === mark) throw this.bad('the stack is empty');
    if (value === known) throw this.bad('a class is no value');
    return value;
  }

  private topList(): PickleValue[] {
    const list = this.top();
    return Array.isArray(list) ? list : this.fail('not a list');
  }

  private topDict(): Map<PickleValue, PickleValue> {
    const dict = this.top();
    return dict instanceof Map ? dict : this.fail('not a dict');
  }

  private popMany(count: number): PickleValue[] {
    const values: PickleValue[] = [];
    for (let i = 0; i < count; i++) values.push(this.pop());
    return values.reverse();
  }

  private popStackGroup(): StackValue[] {
    const at = this.stack.lastIndexOf(mark);
    if (at < 0) throw this.bad('a group has no beginning');
    const values = this.stack.splice(at);
    values.shift();
    return values;
  }

  private popGroup(): PickleValue[] {
    const values = this.popStackGroup();
    if (values.includes(known)) throw this.bad('a class is no value');
    return values as PickleValue[];
  }

  private pushClass(module: PickleValue | undefined, name: PickleValue | undefined): void {
    if (!this.classes.has(`${String(module)}.${String(name)}`))
      throw this.bad('it has an object of a class nobody expects');
    if (++this.built > this.limits.valuesMax) throw this.bad('too many values');
    this.stack.push(known);
  }

  /** An object without attributes yet, from its class and what it would be made with. */
  private instance([type, ...args]: (StackValue | undefined)[]): PickleValue {
    if (type !== known || args.length > 0) throw this.bad('an object is made in an unknown way');
    return new Map();
  }

  private fill(
    dict: Map<PickleValue, PickleValue>,
    pairs: PickleValue[],
  ): Map<PickleValue, PickleValue> {
    if (pairs.length % 2 !== 0) throw this.bad('a dict has a key without value');
    for (let i = 0; i < pairs.length; i += 2) dict.set(pairs[i]!, pairs[i + 1]!);
    return dict;
  }

  private put(index: number): void {
    if (this.memo.size >= this.limits.valuesMax) throw this.bad('too many values');
    this.memo.set(index, this.stack.at(-1) === known ? known : this.top());
  }

  private get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.bad('an unknown value is referred to');
    if (++this.built > this.limits.valuesMax) throw this.bad('too many values');
    this.stack.push(value);
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.bad('it ends too early');
    const text = this.bytes.toString('latin1', this.position, end);
    this.position = end + 1;
    return text;
  }

  private string(length: number): string {
    const start = this.take(length);
    return this.bytes.toString('utf8', start, this.position);
  }

  private binary(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, this.position);
  }

  private length8(): number {
    const length = this.bytes.readBigUInt64LE(this.take(8));
    return length > 0xffffffffn ? this.fail('it ends too early') : Number(length);
  }

  /** Two's complement, little endian; a bigint only where a number would be rounded. */
  private long(length: number): number | bigint {
    if (length > 64) throw this.bad('number too long');
    const start = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]!);
    return exact(BigInt.asIntN(length * 8, value));
  }

  private textInteger(text: string): number | bigint | boolean {
    if (text === '01') return true;
    if (text === '00') return false;
    if (!/^-?\d{1,150}$/.test(text)) throw this.bad('not a whole number');
    return exact(BigInt(text));
  }

  private textIndex(): number {
    const text = this.line();
    return /^\d{1,9}$/.test(text) ? Number(text) : this.fail('not an index');
  }

  private textFloat(text: string): number {
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
    const special = /^([+-]?)(inf|nan)$/.exec(text);
    if (special === null) throw this.bad('not a number');
    if (special[2] === 'nan') return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
}

const exact = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
