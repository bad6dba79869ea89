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
import type { OperatingError } from '../core/errors.ts';
import { badPickle, PickleOperands } from './pickle-operands.ts';
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
    if (--room < 0) throw badPickle('too many values', 0);
    if (typeof inner !== 'object' || inner === null || inner instanceof Uint8Array) return;
    if (depth >= depthMax) throw badPickle('nested too deeply', 0);
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
  private readonly from: PickleOperands;
  private readonly limits: PickleLimits;
  private built = 0;
  private readonly stack: StackValue[] = [];
  private readonly memo = new Map<number, PickleValue | typeof known>();
  private readonly classes: ReadonlySet<string>;

  constructor(bytes: Uint8Array, limits: PickleLimits, classes: ReadonlySet<string>) {
    this.classes = classes;
    this.from = new PickleOperands(bytes);
    this.limits = limits;
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.from.uint8();
      if (opcode === 0x2e) return this.pop();
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    const value = this.value(opcode);
    if (value === undefined) this.arrange(opcode);
    else if (++this.built > this.limits.valuesMax) throw this.from.bad('too many values');
    else this.stack.push(value);
  }

  /** Opcodes that push one value; undefined for the others. */
  private value(opcode: number): PickleValue | undefined {
    const { from } = this;
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
        return from.uint8();
      case 0x4d: // BININT2
        return from.uint16();
      case 0x4a: // BININT
        return from.int32();
      case 0x8a: // LONG1
        return from.long(from.uint8());
      case 0x8b: // LONG4
        return from.long(from.int32());
      case 0x47: // BINFLOAT
        return from.double();
      case 0x49: // INT
        return from.textInteger(from.line());
      case 0x4c: // LONG
        return from.textInteger(from.line().replace(/L$/, ''));
      case 0x46: // FLOAT
        return from.textFloat(from.line());
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING
        return from.string(from.uint32());
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        return from.string(from.uint8());
      case 0x8d: // BINUNICODE8
        return from.string(from.length8());
      case 0x53: // STRING
        return unquote(from.line()) ?? this.from.fail('bad quotes');
      case 0x56: // UNICODE
        return unescapeUnicode(from.line());
      case 0x42: // BINBYTES
        return from.binary(from.uint32());
      case 0x43: // SHORT_BINBYTES
        return from.binary(from.uint8());
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return from.binary(from.length8());
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
    const { from } = this;
    switch (opcode) {
      case 0x80: // PROTO
        if (from.uint8() > 5) throw this.from.bad('unknown protocol');
        return;
      case 0x95: // FRAME
        from.skip(8);
        return;
      case 0x28: // MARK
        this.stack.push(mark);
        return;
      case 0x30: // POP
        if (this.stack.pop() === undefined) throw this.from.bad('the stack is empty');
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
        this.put(from.textIndex());
        return;
      case 0x71: // BINPUT
        this.put(from.uint8());
        return;
      case 0x72: // LONG_BINPUT
        this.put(from.uint32());
        return;
      case 0x94: // MEMOIZE
        this.put(this.memo.size);
        return;
      case 0x67: // GET
        this.get(from.textIndex());
        return;
      case 0x68: // BINGET
        this.get(from.uint8());
        return;
      case 0x6a: // LONG_BINGET
        this.get(from.uint32());
        return;
      case 0x63: // GLOBAL
        this.expectObjects(opcode);
        this.pushClass(from.line(), from.line());
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
        if (!(state instanceof Map)) throw this.from.bad('an object has no attributes');
        for (const [key, value] of state) attributes.set(key, value);
        return;
      }
      default:
        throw this.notAllowed(opcode);
    }
  }

  private notAllowed(opcode: number): OperatingError {
    return this.from.bad(`opcode 0x${opcode.toString(16)} is not allowed`);
  }

  /** Where no class is expected the opcodes that make objects are not even known. */
  private expectObjects(opcode: number): void {
    if (this.classes.size === 0) throw this.notAllowed(opcode);
  }

  private pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === mark) throw this.from.bad('the stack is empty');
    if (value === known) throw this.from.bad('a class is no value');
    return value;
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || value === mark) throw this.from.bad('the stack is empty');
    if (value === known) throw this.from.bad('a class is no value');
    return value;
  }

  private topList(): PickleValue[] {
    const list = this.top();
    return Array.isArray(list) ? list : this.from.fail('not a list');
  }

  private topDict(): Map<PickleValue, PickleValue> {
    const dict = this.top();
    return dict instanceof Map ? dict : this.from.fail('not a dict');
  }

  private popMany(count: number): PickleValue[] {
    const values: PickleValue[] = [];
    for (let i = 0; i < count; i++) values.push(this.pop());
    return values.reverse();
  }

  private popStackGroup(): StackValue[] {
    const at = this.stack.lastIndexOf(mark);
    if (at < 0) throw this.from.bad('a group has no beginning');
    const values = this.stack.splice(at);
    values.shift();
    return values;
  }

  private popGroup(): PickleValue[] {
    const values = this.popStackGroup();
    if (values.includes(known)) throw this.from.bad('a class is no value');
    return values as PickleValue[];
  }

  private pushClass(module: PickleValue | undefined, name: PickleValue | undefined): void {
    if (!this.classes.has(`${String(module)}.${String(name)}`))
      throw this.from.bad('it has an object of a class nobody expects');
    if (++this.built > this.limits.valuesMax) throw this.from.bad('too many values');
    this.stack.push(known);
  }

  /** An object without attributes yet, from its class and what it would be made with. */
  private instance([type, ...args]: (StackValue | undefined)[]): PickleValue {
    if (type !== known || args.length > 0)
      throw this.from.bad('an object is made in an unknown way');
    return new Map();
  }

  private fill(
    dict: Map<PickleValue, PickleValue>,
    pairs: PickleValue[],
  ): Map<PickleValue, PickleValue> {
    if (pairs.length % 2 !== 0) throw this.from.bad('a dict has a key without value');
    for (let i = 0; i < pairs.length; i += 2) dict.set(pairs[i]!, pairs[i + 1]!);
    return dict;
  }

  private put(index: number): void {
    if (this.memo.size >= this.limits.valuesMax) throw this.from.bad('too many values');
    this.memo.set(index, this.stack.at(-1) === known ? known : this.top());
  }

  private get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.from.bad('an unknown value is referred to');
    if (++this.built > this.limits.valuesMax) throw this.from.bad('too many values');
    this.stack.push(value);
  }
}
