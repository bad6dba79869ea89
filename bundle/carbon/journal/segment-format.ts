// The bytes of a journal segment, little endian throughout:
//
//   file   = "DKMJRNL1" block*
//   block  = u32 kind (1 names, 2 points) | u32 payload bytes | u32 crc32 of both and payload | payload
//   names  = (u32 id | u16 length | name)*           valid for the rest of this segment
//   points = (u32 id | u32 time | f64 value)*        ids named earlier in this segment
//
// A segment is written by one process and only appended to. A block that does not check is damaged, and if
// none that does is behind it, the torn end.
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';

export const fileMagic = Buffer.from('DKMJRNL1', 'latin1');
export const blockHeaderBytes = 12;
export const blockKinds = { names: 1, points: 2 } as const;
export type BlockKind = (typeof blockKinds)[keyof typeof blockKinds];
/** No block has a larger payload. */
export const payloadBytesMax = 1 << 20;
export const journalPointBytes = 16;

if (endianness() !== 'LE') throw new Error('the journal is written for little-endian machines');

/** The 12 bytes before `payload`. */
export function blockHeader(kind: BlockKind, payload: Uint8Array): Buffer {
  const header = Buffer.allocUnsafe(blockHeaderBytes);
  header.writeUInt32LE(kind, 0);
  header.writeUInt32LE(payload.length, 4);
  header.writeUInt32LE(crc32(payload, crc32(header.subarray(0, 8))), 8);
  return header;
}

/** Whether `bytes` may begin a block: rare enough in other bytes to be worth checking. */
export function mayBeBlock(bytes: Buffer, at: number): boolean {
  const kind = bytes.readUInt32LE(at);
  return (
    (kind === blockKinds.names || kind === blockKinds.points) &&
    bytes.readUInt32LE(at + 4) <= payloadBytesMax
  );
}

/** True when `payload` is what `header` was made for. */
export function isBlockGood(header: Buffer, payload: Uint8Array): boolean {
  return header.readUInt32LE(8) === crc32(payload, crc32(header.subarray(0, 8)));
}

export function segmentFileName(segment: number): string {
  return `${String(segment).padStart(10, '0')}.journal`;
}

/** The number of a segment's file, or undefined for any other file. */
export function segmentOfFileName(name: string): number | undefined {
  const match = /^(\d{10})\.journal$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
