// Runs the opcodes of carbon's pickles, protocols 0 to 5. What would import or call something is
// refused. Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
import { BadPickle, kinds, type PickleMachine } from './pickle-machine.ts';
import { unescapeBytes, unescapeUnicode } from './pickle-text.ts';
import { parseNumber } from './plaintext-parser.ts';

const lineFeed = 0x0a;
// Beyond these a whole number fits no double: it is read as NaN, which costs its point only.
const numberBytesMax = 400;
const longBytesMax = 129;
const wholeNumber = /^[+-]?\d+$/;

/** Runs the opcodes of one frame on a machine. */
export class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  readonly #machine: PickleMachine;
  #at: number;

  constructor(machine: PickleMachine, bytes: Uint8Array, start: number, end: number) {
    this.#machine = machine;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = start;
    this.#end = end;
  }

  /** Throws BadPickle for what is not allowed, unknown or cut off. */
  run(): void {
    const bytes = this.#bytes;
    const { stack, marks } = this.#machine;
    for (;;) {
      if (this.#at >= this.#end) throw new BadPickle('it is cut off');
      const opcode = bytes[this.#at++] as number;
      switch (opcode) {
        case 0x28: // ( MARK
          marks.push(kinds.mark, stack.length, 0);
          stack.push(kinds.mark, 0, 0);
          break;
        case 0x58: // X BINUNICODE
        case 0x54: // T BINSTRING
        case 0x42: // B BINBYTES
          this.#text(this.#view.getUint32(this.#take(4), true));
          break;
        case 0x55: // U SHORT_BINSTRING
        case 0x8c: // SHORT_BINUNICODE
        case 0x43: // C SHORT_BINBYTES
          this.#text(bytes[this.#take(1)] as number);
          break;
        case 0x8d: // BINUNICODE8
        case 0x8e: // BINBYTES8
          this.#text(Number(this.#view.getBigUint64(this.#take(8), true)));
          break;
        case 0x47: // G BINFLOAT
          stack.push(kinds.number, this.#view.getFloat64(this.#take(8), false), 0);
          break;
        case 0x4a: // J BININT
          stack.push(kinds.number, this.#view.getInt32(this.#take(4), true), 0);
          break;
        case 0x4b: // K BININT1
          stack.push(kinds.number, bytes[this.#take(1)] as number, 0);
          break;
        case 0x4d: // M BININT2
          stack.push(kinds.number, this.#view.getUint16(this.#take(2), true), 0);
          break;
        case 0x8a: // LONG1
          this.#long(bytes[this.#take(1)] as number);
          break;
        case 0x8b: // LONG4
          this.#long(this.#view.getUint32(this.#take(4), true));
          break;
        case 0x86: // TUPLE2
          this.#tuple(2);
          break;
        case 0x85: // TUPLE1
          this.#tuple(1);
          break;
        case 0x87: // TUPLE3
          this.#tuple(3);
          break;
        case 0x29: // ) EMPTY_TUPLE
          this.#tuple(0);
          break;
        case 0x74: // t TUPLE
          this.#tupleFromMark();
          break;
        case 0x71: // q BINPUT
          this.#put(bytes[this.#take(1)] as number);
          break;
        case 0x72: // r LONG_BINPUT
          this.#put(this.#view.getUint32(this.#take(4), true));
          break;
        case 0x94: // MEMOIZE
          this.#put(Math.max(0, this.#machine.memoBase) + this.#machine.memo.length);
          break;
        case 0x68: // h BINGET
          this.#get(bytes[this.#take(1)] as number);
          break;
        case 0x6a: // j LONG_BINGET
          this.#get(this.#view.getUint32(this.#take(4), true));
          break;
        case 0x61: // a APPEND
          this.#need(1);
          this.#append(stack.length - 2, stack.length - 1);
          break;
        case 0x65: // e APPENDS
          this.#appendFromMark();
          break;
        case 0x2e: // . STOP
          return;
        default:
          this.#runRare(opcode);
      }
    }
  }

  #runRare(opcode: number): void {
    const machine = this.#machine;
    const { stack, marks } = machine;
    switch (opcode) {
      case 0x80: // PROTO
        if ((this.#bytes[this.#take(1)] as number) > 5)
          throw new BadPickle('its protocol is unknown');
        break;
      case 0x95: // FRAME
        this.#take(8);
        break;
      case 0x5d: // ] EMPTY_LIST
        machine.newList();
        break;
      case 0x6c: {
        // l LIST
        const from = this.#mark();
        const count = stack.length - from - 1;
        const first = machine.moveToChildren(from + 1);
        stack.length = from;
        machine.addRun(machine.newList(), first, count);
        break;
      }
      case 0x7d: // } EMPTY_DICT
        stack.push(kinds.dict, 0, 0);
        break;
      case 0x64: // d DICT
        stack.length = this.#mark();
        stack.push(kinds.dict, 0, 0);
        break;
      case 0x73: // s SETITEM
        this.#need(3);
        stack.length -= 2;
        break;
      case 0x75: // u SETITEMS
        stack.length = this.#mark();
        break;
      case 0x49: // I INT
      case 0x4c: // L LONG
      case 0x46: // F FLOAT
        this.#numberLine();
        break;
      case 0x53: // S STRING
        this.#stringLine();
        break;
      case 0x56: // V UNICODE
        this.#unicodeLine();
        break;
      case 0x70: // p PUT
        this.#put(this.#indexLine());
        break;
      case 0x67: // g GET
        this.#get(this.#indexLine());
        break;
      case 0x4e: // N NONE
        stack.push(kinds.none, 0, 0);
        break;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(kinds.number, opcode === 0x88 ? 1 : 0, 0);
        break;
      case 0x30: // 0 POP
        if (stack.length === 0) throw new BadPickle('its stack is empty');
        stack.length--;
        if (marks.first[marks.length - 1] === stack.length) marks.length--;
        break;
      case 0x31: // 1 POP_MARK
        stack.length = this.#mark();
        break;
      case 0x32: // 2 DUP
        this.#need(1);
        stack.copy(stack, stack.length - 1);
        break;
      default:
        throw new BadPickle(`opcode 0x${opcode.toString(16)} is not allowed`);
    }
  }

  /** Moves on by `length` bytes, which must be there; returns where they begin. */
  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw new BadPickle('it is cut off');
    this.#at = at + length;
    return at;
  }

  #line(): [number, number] {
    const start = this.#at;
    const end = this.#bytes.indexOf(lineFeed, start);
    if (end < 0 || end >= this.#end) throw new BadPickle('it is cut off');
    this.#at = end + 1;
    return [start, end];
  }

  #text(length: number): void {
    const start = this.#take(length);
    this.#machine.stack.push(kinds.text, start, start + length);
  }

  #latin1(start: number, end: number): string {
    return Buffer.from(this.#bytes.subarray(start, end)).toString('latin1');
  }

  #numberLine(): void {
    const [start, end] = this.#line();
    const { stack } = this.#machine;
    if (end - start > numberBytesMax) {
      stack.push(kinds.number, Number.NaN, 0);
      return;
    }
    const text = this.#latin1(start, end).replace(/L$/, '').trim();
    const value = parseNumber(text);
    if (value === undefined && !wholeNumber.test(text))
      throw new BadPickle('a number cannot be read');
    stack.push(kinds.number, value ?? Number.NaN, 0);
  }

  #indexLine(): number {
    const [start, end] = this.#line();
    const index = Number(this.#latin1(start, Math.min(end, start + 11)));
    if (!Number.isInteger(index) || index < 0) throw new BadPickle('a memo number cannot be read');
    return index;
  }

  /** A quoted Python string. */
  #stringLine(): void {
    const [start, lineEnd] = this.#line();
    const end = this.#bytes[lineEnd - 1] === 0x0d ? lineEnd - 1 : lineEnd;
    const quote = this.#bytes[start];
    if (end - start < 2 || (quote !== 0x27 && quote !== 0x22) || this.#bytes[end - 1] !== quote)
      throw new BadPickle('a string is not quoted');
    if (this.#isPlain(start + 1, end - 1, true)) {
      this.#machine.stack.push(kinds.text, start + 1, end - 1);
    } else this.#machine.pushMadeText(unescapeBytes(this.#latin1(start + 1, end - 1)));
  }

  #unicodeLine(): void {
    const [start, end] = this.#line();
    if (this.#isPlain(start, end, false)) this.#machine.stack.push(kinds.text, start, end);
    else this.#machine.pushMadeText(unescapeUnicode(this.#latin1(start, end)));
  }

  /** True when the bytes need no translation. */
  #isPlain(start: number, end: number, mayBeUtf8: boolean): boolean {
    for (let i = start; i < end; i++) {
      const byte = this.#bytes[i] as number;
      if (byte === 0x5c || (byte >= 0x80 && !mayBeUtf8)) return false;
    }
    return true;
  }

  /** A little-endian two's complement number. */
  #long(length: number): void {
    const start = this.#take(length);
    const isNegative = length > 0 && (this.#bytes[start + length - 1] as number) >= 0x80;
    let value = length > longBytesMax ? Number.NaN : isNegative ? -1 : 0;
    for (let i = Math.min(length, longBytesMax) - 1; i >= 0; i--)
      value = value * 256 + (this.#bytes[start + i] as number);
    this.#machine.stack.push(kinds.number, Number.isFinite(value) ? value : Number.NaN, 0);
  }

  /** The stack index of the last mark, which is no mark any more. */
  #mark(): number {
    const { marks, stack } = this.#machine;
    if (marks.length === 0) throw new BadPickle('a mark is missing');
    marks.length--;
    const mark = marks.first[marks.length] as number;
    if (mark >= stack.length) throw new BadPickle('a mark is missing');
    return mark;
  }

  /** Makes sure of `count` values on top of the stack. */
  #need(count: number): void {
    const { stack, marks } = this.#machine;
    const floor = marks.length === 0 ? 0 : (marks.first[marks.length - 1] as number) + 1;
    if (stack.length - count < floor) throw new BadPickle('its stack is empty');
  }

  #tuple(count: number): void {
    this.#need(count);
    const { stack } = this.#machine;
    const first = this.#machine.moveToChildren(stack.length - count);
    stack.length -= count;
    stack.push(kinds.tuple, first, count);
  }

  #tupleFromMark(): void {
    const { stack } = this.#machine;
    const mark = this.#mark();
    const count = stack.length - mark - 1;
    const first = this.#machine.moveToChildren(mark + 1);
    stack.length = mark;
    stack.push(kinds.tuple, first, count);
  }

  #appendFromMark(): void {
    const mark = this.#mark();
    this.#append(mark - 1, mark + 1);
  }

  /** Appends the stack from `from` on to the list at `at`, which is then the top. */
  #append(at: number, from: number): void {
    const { stack } = this.#machine;
    if (at < 0 || stack.kind[at] !== kinds.list)
      throw new BadPickle('there is no list to append to');
    const count = stack.length - from;
    const first = this.#machine.moveToChildren(from);
    this.#machine.addRun(stack.first[at] as number, first, count);
    stack.length = at + 1;
  }

  #put(index: number): void {
    this.#need(1);
    const { stack, memo } = this.#machine;
    if (this.#machine.memoBase < 0) this.#machine.memoBase = index;
    const at = index - this.#machine.memoBase;
    const top = stack.length - 1;
    if (at === memo.length) memo.copy(stack, top);
    else if (at >= 0 && at < memo.length) {
      memo.kind[at] = stack.kind[top] as number;
      memo.first[at] = stack.first[top] as number;
      memo.second[at] = stack.second[top] as number;
    } else throw new BadPickle('its memo numbers do not follow each other');
  }

  #get(index: number): void {
    const { stack, memo, memoBase } = this.#machine;
    const at = index - memoBase;
    if (memoBase < 0 || at < 0 || at >= memo.length)
      throw new BadPickle('a memo number is unknown');
    stack.copy(memo, at);
  }
}
