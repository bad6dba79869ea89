// What follows the opcodes of a pickle: numbers, strings and lines, read one behind the other. Used by
// pickle-decode.ts, where the forms are listed.
import { OperatingError } from '../core/errors.ts';

export function badPickle(what: string, offset: number): OperatingError {
  return new OperatingError('bad-pickle', `cannot read the pickle at byte ${offset}: ${what}`);
}

/** Reads from `bytes`; everything throws an OperatingError `bad-pickle` where there is nothing to read. */
export class PickleOperands {
  private readonly bytes: Buffer;
  private position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  bad(what: string): OperatingError {
    return badPickle(what, this.position);
  }

  fail(what: string): never {
    throw this.bad(what);
  }

  skip(length: number): void {
    this.take(length);
  }

  uint8(): number {
    return this.bytes[this.take(1)]!;
  }

  uint16(): number {
    return this.bytes.readUInt16LE(this.take(2));
  }

  int32(): number {
    return this.bytes.readInt32LE(this.take(4));
  }

  uint32(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }

  double(): number {
    return this.bytes.readDoubleBE(this.take(8));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.bad('it ends too early');
    const text = this.bytes.toString('latin1', this.position, end);
    this.position = end + 1;
    return text;
  }

  string(length: number): string {
    const start = this.take(length);
    return this.bytes.toString('utf8', start, this.position);
  }

  binary(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, this.position);
  }

  length8(): number {
    const length = this.bytes.readBigUInt64LE(this.take(8));
    return length > 0xffffffffn ? this.fail('it ends too early') : Number(length);
  }

  /** Two's complement, little endian; a bigint only where a number would be rounded. */
  long(length: number): number | bigint {
    if (length > 64) throw this.bad('number too long');
    const start = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]!);
    return exact(BigInt.asIntN(length * 8, value));
  }

  textInteger(text: string): number | bigint | boolean {
    if (text === '01') return true;
    if (text === '00') return false;
    if (!/^-?\d{1,150}$/.test(text)) throw this.bad('not a whole number');
    return exact(BigInt(text));
  }

  textIndex(): number {
    const text = this.line();
    return /^\d{1,9}$/.test(text) ? Number(text) : this.fail('not an index');
  }

  textFloat(text: string): number {
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
    const special = /^([+-]?)(inf|nan)$/.exec(text);
    if (special === null) throw this.bad('not a number');
    if (special[2] === 'nan') return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  private take(length: number): number {
    const start = this.position;
    if (length < 0 || start + length > this.bytes.length) throw this.bad('it ends too early');
    this.position = start + length;
    return start;
  }
}

const exact = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
