// The two files that keep the index over a restart: a snapshot of all names and a log of what
// changed since. Both are a header and checksummed blocks; a reader takes whole blocks and stops
// at the first that is torn, so a crash costs the tail at most.
//
//   file    = "DKMNAMES"  u32 version (1)  u32 generation  block*        all numbers little endian
//   block   = u32 payload bytes  u32 CRC-32 of the payload  payload
//   payload = record*
//   record  = varint operation + 4 * shared     operation 0: name exists, 1: name removed
//             varint suffix bytes  suffix       name = first `shared` bytes of the record before
//                                               (none at the start of a block) + suffix
//
// Generation: a snapshot of generation N needs the logs of generation N and later on top.
import { crc32 } from 'node:zlib';
import { OperatingError } from '../../core/errors.ts';

const magic = Buffer.from('DKMNAMES');
const version = 1;
const headerBytes = 16;
const blockHeaderBytes = 8;
/** A block is closed once it has this many bytes. */
const blockBytesTarget = 64 * 1024;
/** Larger blocks are not believed. */
const blockBytesMax = 16 * 1024 * 1024;
const none = Buffer.alloc(0);

export function encodeHeader(generation: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32LE(version, 8);
  header.writeUInt32LE(generation, 12);
  return header;
}

/** Collects records into blocks. */
export class BlockWriter {
  private bytes = Buffer.allocUnsafe(blockBytesTarget * 2);
  private length = blockHeaderBytes;
  /** The name of the record before: a piece of bytes that nobody changes. */
  private previous: Uint8Array = none;
  private previousStart = 0;
  private previousLength = 0;
  // Where names that come as text are written; in turns, as the one before is still looked at.
  private scratch = Buffer.allocUnsafe(1024);
  private otherScratch = Buffer.allocUnsafe(1024);

  get isEmpty(): boolean {
    return this.length === blockHeaderBytes;
  }

  /** Adds a record; answers a finished block when one is full. */
  add(name: string, removed = false): Buffer | undefined {
    const scratch = this.otherScratch;
    this.otherScratch = this.scratch;
    this.scratch = name.length * 3 > scratch.length ? Buffer.allocUnsafe(name.length * 3) : scratch;
    return this.addBytes(this.scratch, 0, this.scratch.write(name), removed);
  }

  /** The same for a name in bytes[start, end), which must stand until the next one is added. */
  addBytes(bytes: Uint8Array, start: number, end: number, removed: boolean): Buffer | undefined {
    const { previous, previousStart } = this;
    const length = end - start;
    const most = Math.min(length, this.previousLength);
    let shared = 0;
    while (shared < most && bytes[start + shared] === previous[previousStart + shared]) shared++;
    const suffix = length - shared;
    if (this.length + suffix + 20 > this.bytes.length) {
      const larger = Buffer.allocUnsafe((this.length + suffix + 20) * 2);
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    this.varint((removed ? 1 : 0) + 4 * shared);
    this.varint(suffix);
    for (let i = start + shared; i < end; i++) this.bytes[this.length++] = bytes[i]!;
    this.previous = bytes;
    this.previousStart = start;
    this.previousLength = length;
    return this.length >= blockBytesTarget ? this.take() : undefined;
  }

  /** The block begun, closed; the next one starts empty. */
  take(): Buffer {
    const block = Buffer.from(this.bytes.subarray(0, this.length));
    block.writeUInt32LE(this.length - blockHeaderBytes, 0);
    block.writeUInt32LE(crc32(block.subarray(blockHeaderBytes)), 4);
    this.length = blockHeaderBytes;
    this.previousLength = 0;
    return block;
  }

  private varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }
}

export interface NamesFile {
  generation: number;
  /** Bytes up to which blocks were whole; less than the file's when its tail is torn. */
  bytesGood: number;
}

/** A name is bytes[0, length), good until the call returns. */
type NameVisitor = (bytes: Buffer, length: number, removed: boolean) => void;

/** As readNamesBytes, with names as text. */
export function readNamesFile(
  file: Buffer,
  visit: (name: string, removed: boolean) => void,
): NamesFile {
  return readNamesBytes(file, (bytes, length, removed) =>
    visit(bytes.toString('utf8', 0, length), removed),
  );
}

/**
 * Calls `visit` for every record in whole blocks. Throws an OperatingError `bad-names-file` when
 * the header is not one of ours; a torn or damaged block ends the reading without an error.
 */
export function readNamesBytes(file: Buffer, visit: NameVisitor): NamesFile {
  if (file.length < headerBytes || !file.subarray(0, 8).equals(magic))
    throw new OperatingError('bad-names-file', 'it does not begin like a file of metric names');
  const found = file.readUInt32LE(8);
  if (found !== version)
    throw new OperatingError('bad-names-file', `it has version ${found}, known is ${version}`);
  const generation = file.readUInt32LE(12);
  let at = headerBytes;
  while (at + blockHeaderBytes <= file.length) {
    const payloadBytes = file.readUInt32LE(at);
    const end = at + blockHeaderBytes + payloadBytes;
    if (payloadBytes > blockBytesMax || end > file.length) break;
    const payload = file.subarray(at + blockHeaderBytes, end);
    if (crc32(payload) !== file.readUInt32LE(at + 4)) break;
    if (!readPayload(payload, visit)) break;
    at = end;
  }
  return { generation, bytesGood: at };
}

function readPayload(payload: Buffer, visit: NameVisitor): boolean {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = payload[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  let name = Buffer.allocUnsafe(1024);
  let length = 0;
  while (at < payload.length) {
    const head = varint();
    const shared = Math.floor(head / 4);
    const suffix = varint();
    // The checksum was right, so this is a writer's fault; still no reason to crash.
    if (!(shared <= length && at + suffix <= payload.length)) return false;
    if (shared + suffix > name.length) {
      const larger = Buffer.allocUnsafe((shared + suffix) * 2);
      name.copy(larger, 0, 0, shared);
      name = larger;
    }
    payload.copy(name, shared, at, at + suffix);
    at += suffix;
    length = shared + suffix;
    visit(name, length, head % 4 === 1);
  }
  return true;
}
