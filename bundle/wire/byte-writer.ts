// One growing buffer for formats that are written number by number.

export class ByteWriter {
  private bytes: Buffer;
  private length = 0;

  constructor(bytesExpected = 256) {
    this.bytes = Buffer.allocUnsafe(bytesExpected);
  }

  /** What was written; valid until the next write. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  uint8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  uint16LE(value: number): void {
    this.reserve(2);
    this.length = this.bytes.writeUInt16LE(value, this.length);
  }

  uint32LE(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }

  int32LE(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeInt32LE(value, this.length);
  }

  int64LE(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeBigInt64LE(BigInt(value), this.length);
  }

  uint32BE(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32BE(value, this.length);
  }

  int64BE(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeBigInt64BE(BigInt(value), this.length);
  }

  doubleBE(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleBE(value, this.length);
  }

  utf8(value: string): void {
    this.reserve(value.length * 3);
    this.length += this.bytes.write(value, this.length, 'utf8');
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
