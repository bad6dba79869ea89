// Protocol buffers' wire format, only the parts that Graphite's messages use.
//
//   message = { tag value }         tag = varint(field << 3 | type)
//   type 0  varint, 7 bits a byte, least significant first, high bit = more follows
//   type 1  8 bytes little endian   type 5  4 bytes little endian
//   type 2  varint length, then that many bytes (string, message, packed numbers)
//
// https://protobuf.dev/programming-guides/encoding/
import { OperatingError } from '../core/errors.ts';

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const varintBytesMax = 10;

function corrupt(what: string, offset: number): OperatingError {
  return new OperatingError(
    'bad-protobuf',
    `the protobuf message is broken at byte ${offset}: ${what}`,
  );
}

const noColumns = new Float64Array(0);
/** Doubles in one shared buffer. */
const sharedColumnsMax = 32_768;

/** Where the columns of a message come from, with anything in them; without one, they are new memory. */
export interface ColumnSource {
  column(length: number): Float64Array;
}

/** A view of the same bytes as a Buffer, without copying. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Reads one message field by field: `while (reader.next()) switch (reader.field) …`, where every
 * case consumes the value, the default with `skip()`. Throws an OperatingError `bad-protobuf`.
 */
export class ProtobufReader {
  field = 0;
  wireType = 0;
  private readonly bytes: Buffer;
  private readonly source: ColumnSource | undefined;
  private position = 0;
  private end: number;
  private columns = noColumns;
  private columnsUsed = 0;
  private room = noColumns;
  /** The part of `room` that was handed out last. */
  private grown = noColumns;

  constructor(bytes: Uint8Array, source?: ColumnSource) {
    this.source = source;
    this.bytes = asBuffer(bytes);
    this.end = this.bytes.length;
  }

  /** Moves to the next field of the message being read; false at its end. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag & 7;
    if (this.field < 1 || tag > 0xffffffff || tag < 0) throw corrupt('bad tag', this.position);
    return true;
  }

  /** Steps into a nested message; hand the answer to `leave` once `next` said false. */
  enter(): number {
    const length = this.lengthPrefix();
    const outerEnd = this.end;
    this.end = this.position + length;
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.end = outerEnd;
  }

  /** A signed 64 bit number; beyond 2^53 it is rounded. */
  int(): number {
    this.expect(wireTypes.varint);
    return this.varint();
  }

  bool(): boolean {
    return this.int() !== 0;
  }

  string(): string {
    const length = this.lengthPrefix();
    const start = this.position;
    this.position += length;
    return this.bytes.toString('utf8', start, this.position);
  }

  /** Like `string`, for fields that repeat from message to message: `known` itself when it is the same. */
  stringLike(known: string): string {
    const length = this.lengthPrefix();
    const start = this.position;
    this.position += length;
    let same = length === known.length;
    // Bytes and characters are equal for ASCII only; anything else is read in full.
    for (let i = 0; same && i < length; i++)
      same = this.bytes[start + i] === known.charCodeAt(i) && known.charCodeAt(i) < 0x80;
    return same ? known : this.bytes.toString('utf8', start, this.position);
  }

  float(): number {
    this.expect(wireTypes.fixed32);
    return this.bytes.readFloatLE(this.take(4));
  }

  double(): number {
    this.expect(wireTypes.fixed64);
    return this.bytes.readDoubleLE(this.take(8));
  }

  /** Repeated doubles, packed or single, put behind `before`. */
  doubles(before: Float64Array): Float64Array {
    if (this.wireType === wireTypes.fixed64) {
      const value = this.double();
      const longer = this.extended(before, 1);
      longer[before.length] = value;
      return longer;
    }
    const length = this.lengthPrefix();
    if (length % 8 !== 0) throw corrupt('packed doubles of odd length', this.position);
    const values =
      before.length === 0 ? this.allocate(length / 8) : this.extended(before, length / 8);
    const start = this.take(length);
    // The host is little endian like the wire, so numbers are moved as bytes.
    const target = new Uint8Array(values.buffer, values.byteOffset + before.byteLength, length);
    target.set(this.bytes.subarray(start, this.position));
    return values;
  }

  // With room behind, so that a column that comes in many pieces is not copied for each of them.
  private extended(before: Float64Array, count: number): Float64Array {
    const length = before.length + count;
    if (before !== this.grown || length > this.room.length) {
      this.room = new Float64Array(Math.max(16, length * 2));
      this.room.set(before);
    }
    this.grown = this.room.subarray(0, length);
    return this.grown;
  }

  // A message of a thousand series would be a thousand buffers, each costing far more than its
  // bytes: columns are cut from shared ones. What is left of the message bounds what is needed.
  private allocate(length: number): Float64Array {
    if (this.source !== undefined) return this.source.column(length);
    if (this.columnsUsed + length > this.columns.length) {
      const needed = Math.ceil((this.bytes.length - this.position) / 8);
      this.columns = new Float64Array(Math.max(length, Math.min(needed, sharedColumnsMax)));
      this.columnsUsed = 0;
    }
    const begin = this.columnsUsed;
    this.columnsUsed += length;
    return this.columns.subarray(begin, this.columnsUsed);
  }

  /** Repeated booleans, packed or single, appended to `flags`. */
  bools(flags: boolean[]): void {
    if (this.wireType === wireTypes.varint) {
      flags.push(this.bool());
      return;
    }
    const outerEnd = this.enter();
    while (this.position < this.end) flags.push(this.varint() !== 0);
    this.leave(outerEnd);
  }

  skip(): void {
    if (this.wireType === wireTypes.varint) this.varint();
    else if (this.wireType === wireTypes.fixed64) this.take(8);
    else if (this.wireType === wireTypes.bytes) this.take(this.lengthPrefix());
    else if (this.wireType === wireTypes.fixed32) this.take(4);
    else throw corrupt(`unknown wire type ${this.wireType}`, this.position);
  }

  private expect(wireType: number): void {
    if (this.wireType !== wireType)
      throw corrupt(`field ${this.field} has wire type ${this.wireType}`, this.position);
  }

  private take(length: number): number {
    const start = this.position;
    if (start + length > this.end) throw corrupt('it ends too early', this.end);
    this.position = start + length;
    return start;
  }

  private lengthPrefix(): number {
    this.expect(wireTypes.bytes);
    const length = this.varint();
    if (length < 0 || this.position + length > this.end) throw corrupt('bad length', this.position);
    return length;
  }

  private varint(): number {
    const { bytes, end } = this;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < varintBytesMax; count++) {
      if (this.position >= end) throw corrupt('it ends too early', end);
      const byte = bytes[this.position++] ?? 0;
      if (count === varintBytesMax - 1) return this.negativeVarint();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw corrupt('varint too long', this.position);
  }

  // Negative numbers are ten bytes of two's complement: rare, so read again exactly.
  private negativeVarint(): number {
    let value = 0n;
    for (let i = 0; i < varintBytesMax; i++) {
      const byte = this.bytes[this.position - varintBytesMax + i] ?? 0;
      if (i === varintBytesMax - 1 && byte > 1) throw corrupt('varint too long', this.position);
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    }
    return Number(BigInt.asIntN(64, value));
  }
}

/** Appends fields to one growing buffer. Zero, false and empty values are left out, as proto3 does. */
export class ProtobufWriter {
  private bytes: Buffer;
  private length = 0;

  constructor(bytesExpected = 1024) {
    this.bytes = Buffer.allocUnsafe(bytesExpected);
  }

  /** The message so far; valid until the next write. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /**
   * Opens a nested message and answers the mark that `close` needs. `bytesExpected` decides how
   * much room is kept for the length: a right guess saves moving the message.
   */
  open(field: number, bytesExpected = 0): number {
    this.tag(field, wireTypes.bytes);
    const room = varintLength(bytesExpected);
    this.reserve(room);
    this.length += room;
    return this.length * 16 + room;
  }

  close(mark: number): void {
    const room = mark % 16;
    const start = (mark - room) / 16;
    const size = this.length - start;
    const needed = varintLength(size);
    if (needed !== room) {
      this.reserve(needed);
      this.bytes.copyWithin(start - room + needed, start, this.length);
    }
    this.length = start - room;
    this.varint(size);
    this.length += size;
  }

  int(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, wireTypes.varint);
    this.varint(value);
  }

  bool(field: number, value: boolean): void {
    if (value) this.int(field, 1);
  }

  string(field: number, value: string): void {
    if (value !== '') this.element(field, value);
  }

  /** One element of a repeated string, written even when empty. */
  element(field: number, value: string): void {
    this.tag(field, wireTypes.bytes);
    // Three bytes a UTF-16 unit is the most that UTF-8 needs.
    this.reserve(value.length * 3 + varintBytesMax);
    const room = varintLength(value.length);
    const written = this.bytes.write(value, this.length + room, 'utf8');
    const needed = varintLength(written);
    if (needed !== room)
      this.bytes.copyWithin(this.length + needed, this.length + room, this.length + room + written);
    this.varint(written);
    this.length += written;
  }

  float(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, wireTypes.fixed32);
    this.reserve(4);
    this.length = this.bytes.writeFloatLE(value, this.length);
  }

  double(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, wireTypes.fixed64);
    this.reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  /** Packed doubles. */
  doubles(field: number, values: Float64Array): void {
    if (values.length === 0) return;
    this.tag(field, wireTypes.bytes);
    this.varint(values.byteLength);
    this.reserve(values.byteLength);
    this.bytes.set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      this.length,
    );
    this.length += values.byteLength;
  }

  /** Packed booleans: `flags[i] !== 0`. */
  bools(field: number, flags: Uint8Array): void {
    if (flags.length === 0) return;
    this.tag(field, wireTypes.bytes);
    this.varint(flags.length);
    this.reserve(flags.length);
    for (let i = 0; i < flags.length; i++) this.bytes[this.length + i] = flags[i] === 0 ? 0 : 1;
    this.length += flags.length;
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  private varint(value: number): void {
    this.reserve(varintBytesMax);
    if (value < 0) {
      this.negativeVarint(value);
      return;
    }
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
  }

  private negativeVarint(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
    while (rest >= 0x80n) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.length++] = Number(rest);
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
  return length;
}
