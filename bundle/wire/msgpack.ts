// MessagePack, the types that Graphite's answers use: nil, bool, integers, floats, str, bin, array,
// map. No ext types, no timestamps. https://github.com/msgpack/msgpack/blob/master/spec.md
//
//   c0 nil  c2 false  c3 true   00..7f, e0..ff fixint   cc..cf uint8..64   d0..d3 int8..64
//   ca float32  cb float64      a0..bf fixstr  d9 da db str8..32  c4 c5 c6 bin8..32
//   90..9f fixarray  dc dd array16..32   80..8f fixmap  de df map16..32     all big endian
import { OperatingError } from '../core/errors.ts';
import { ByteWriter } from './byte-writer.ts';

export type MsgpackValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | MsgpackValue[]
  | Map<MsgpackValue, MsgpackValue>;

const depthMax = 32;

function corrupt(what: string, offset: number): OperatingError {
  return new OperatingError(
    'bad-msgpack',
    `the msgpack value is broken at byte ${offset}: ${what}`,
  );
}

/** Decodes one value. Throws an OperatingError `bad-msgpack`; integers beyond 2^53 are rounded. */
export function decodeMsgpack(bytes: Uint8Array): MsgpackValue {
  const reader = new MsgpackReader(bytes);
  const value = reader.value(0);
  if (reader.position !== bytes.length)
    throw corrupt('something follows the value', reader.position);
  return value;
}

class MsgpackReader {
  position = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): MsgpackValue {
    if (depth > depthMax) throw corrupt('nested too deeply', this.position);
    const { bytes } = this;
    const type = bytes[this.take(1)]!;
    if (type < 0x80) return type;
    if (type < 0x90) return this.map(type & 0x0f, depth);
    if (type < 0xa0) return this.array(type & 0x0f, depth);
    if (type < 0xc0) return this.string(type & 0x1f);
    if (type >= 0xe0) return type - 256;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.binary(bytes.readUInt8(this.take(1)));
      case 0xc5:
        return this.binary(bytes.readUInt16BE(this.take(2)));
      case 0xc6:
        return this.binary(bytes.readUInt32BE(this.take(4)));
      case 0xca:
        return bytes.readFloatBE(this.take(4));
      case 0xcb:
        return bytes.readDoubleBE(this.take(8));
      case 0xcc:
        return bytes.readUInt8(this.take(1));
      case 0xcd:
        return bytes.readUInt16BE(this.take(2));
      case 0xce:
        return bytes.readUInt32BE(this.take(4));
      case 0xcf:
        return Number(bytes.readBigUInt64BE(this.take(8)));
      case 0xd0:
        return bytes.readInt8(this.take(1));
      case 0xd1:
        return bytes.readInt16BE(this.take(2));
      case 0xd2:
        return bytes.readInt32BE(this.take(4));
      case 0xd3:
        return Number(bytes.readBigInt64BE(this.take(8)));
      case 0xd9:
        return this.string(bytes.readUInt8(this.take(1)));
      case 0xda:
        return this.string(bytes.readUInt16BE(this.take(2)));
      case 0xdb:
        return this.string(bytes.readUInt32BE(this.take(4)));
      case 0xdc:
        return this.array(bytes.readUInt16BE(this.take(2)), depth);
      case 0xdd:
        return this.array(bytes.readUInt32BE(this.take(4)), depth);
      case 0xde:
        return this.map(bytes.readUInt16BE(this.take(2)), depth);
      case 0xdf:
        return this.map(bytes.readUInt32BE(this.take(4)), depth);
      default:
        throw corrupt(`unknown type 0x${type.toString(16)}`, this.position - 1);
    }
  }

  private take(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) throw corrupt('it ends too early', this.bytes.length);
    this.position = start + length;
    return start;
  }

  private string(length: number): string {
    const start = this.take(length);
    return this.bytes.toString('utf8', start, this.position);
  }

  private binary(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, this.position);
  }

  private array(length: number, depth: number): MsgpackValue[] {
    // Nothing is set aside for a length that is only claimed: each element takes a byte at least.
    if (length > this.bytes.length - this.position) throw corrupt('bad length', this.position);
    const values: MsgpackValue[] = [];
    for (let i = 0; i < length; i++) values.push(this.value(depth + 1));
    return values;
  }

  private map(length: number, depth: number): Map<MsgpackValue, MsgpackValue> {
    if (length * 2 > this.bytes.length - this.position) throw corrupt('bad length', this.position);
    const map = new Map<MsgpackValue, MsgpackValue>();
    for (let i = 0; i < length; i++) {
      const key = this.value(depth + 1);
      map.set(key, this.value(depth + 1));
    }
    return map;
  }
}

/** Appends values to a buffer. */
export class MsgpackWriter {
  private readonly out: ByteWriter;

  constructor(bytesExpected = 256) {
    this.out = new ByteWriter(bytesExpected);
  }

  finish(): Buffer {
    return this.out.finish();
  }

  nil(): void {
    this.out.uint8(0xc0);
  }

  bool(value: boolean): void {
    this.out.uint8(value ? 0xc3 : 0xc2);
  }

  /** A whole number; what does not fit 32 bits is written as 64 bits. */
  int(value: number): void {
    if (value >= 0 && value < 0x80) this.out.uint8(value);
    else if (value >= -32 && value < 0) this.out.uint8(value + 256);
    else if (value >= 0 && value <= 0xffffffff) {
      this.out.uint8(0xce);
      this.out.uint32BE(value);
    } else {
      this.out.uint8(0xd3);
      this.out.int64BE(value);
    }
  }

  double(value: number): void {
    this.out.uint8(0xcb);
    this.out.doubleBE(value);
  }

  /** NaN is written as nil. */
  points(values: Float64Array): void {
    this.array(values.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (Number.isNaN(value)) this.nil();
      else this.double(value);
    }
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    if (length < 32) this.out.uint8(0xa0 + length);
    else if (length < 256) {
      this.out.uint8(0xd9);
      this.out.uint8(length);
    } else {
      this.out.uint8(0xdb);
      this.out.uint32BE(length);
    }
    this.out.utf8(value);
  }

  /** `length` values follow. */
  array(length: number): void {
    if (length < 16) this.out.uint8(0x90 + length);
    else {
      this.out.uint8(0xdd);
      this.out.uint32BE(length);
    }
  }

  /** `length` pairs of key and value follow. */
  map(length: number): void {
    if (length < 16) this.out.uint8(0x80 + length);
    else {
      this.out.uint8(0xdf);
      this.out.uint32BE(length);
    }
  }
}
