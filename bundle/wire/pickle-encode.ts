// Python pickles of plain values, written as protocol 2: what every Python since 2.3 reads.
//
//   \x80 02  …value…  .     list ] ( … e   dict } ( k v … u   pair a b \x86   str X u32 utf8
//   int K u8 | J i32 | \x8a 08 i64   float G f64 big endian   N None   \x88 True   \x89 False
import { ByteWriter } from './byte-writer.ts';
import type { PickleValue } from './pickle-decode.ts';

/** Appends values of a protocol 2 pickle: what every Python since 2.3 reads. */
export class PickleWriter {
  private readonly out: ByteWriter;

  constructor(bytesExpected = 256) {
    this.out = new ByteWriter(bytesExpected);
  }

  finish(): Buffer {
    return this.out.finish();
  }

  begin(): void {
    this.out.uint8(0x80);
    this.out.uint8(2);
  }

  end(): void {
    this.out.uint8(0x2e);
  }

  none(): void {
    this.out.uint8(0x4e);
  }

  bool(value: boolean): void {
    this.out.uint8(value ? 0x88 : 0x89);
  }

  int(value: number): void {
    if (value >= 0 && value < 256) {
      this.out.uint8(0x4b);
      this.out.uint8(value);
    } else if (value >= -0x80000000 && value <= 0x7fffffff) {
      this.out.uint8(0x4a);
      this.out.int32LE(value);
    } else {
      this.out.uint8(0x8a);
      this.out.uint8(8);
      this.out.int64LE(value);
    }
  }

  float(value: number): void {
    this.out.uint8(0x47);
    this.out.doubleBE(value);
  }

  /** NaN is written as None. */
  point(value: number): void {
    if (Number.isNaN(value)) this.none();
    else this.float(value);
  }

  string(value: string): void {
    this.out.uint8(0x58);
    this.out.uint32LE(Buffer.byteLength(value));
    this.out.utf8(value);
  }

  /** An empty list; elements go between `openItems` and `closeItems`. */
  list(): void {
    this.out.uint8(0x5d);
  }

  openItems(): void {
    this.out.uint8(0x28);
  }

  closeItems(): void {
    this.out.uint8(0x65);
  }

  /** An empty dict; keys and values in turn go between `openItems` and `closePairs`. */
  dict(): void {
    this.out.uint8(0x7d);
  }

  closePairs(): void {
    this.out.uint8(0x75);
  }

  /** Makes a tuple of the two values before. */
  pair(): void {
    this.out.uint8(0x86);
  }

  /** Any decoded value again. Bytes and bigints have no place in Graphite's messages. */
  value(value: PickleValue): void {
    if (value === null) this.none();
    else if (typeof value === 'boolean') this.bool(value);
    else if (typeof value === 'number') {
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.int(value);
      else this.float(value);
    } else if (typeof value === 'string') this.string(value);
    else if (Array.isArray(value)) {
      this.list();
      this.openItems();
      for (const element of value) this.value(element);
      this.closeItems();
    } else if (value instanceof Map) {
      this.dict();
      this.openItems();
      for (const [key, element] of value) {
        this.value(key);
        this.value(element);
      }
      this.closePairs();
    } else throw new TypeError(`BUG: ${typeof value} cannot be pickled`);
  }
}

/** One value as a pickle; lists stay lists. */
export function encodePickle(value: PickleValue): Buffer {
  const writer = new PickleWriter();
  writer.begin();
  writer.value(value);
  writer.end();
  return writer.finish();
}
