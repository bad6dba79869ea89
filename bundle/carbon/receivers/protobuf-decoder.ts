// Carbon's protobuf (package carbonpb), read in place:
//
//   Payload { repeated Metric metrics = 1 }
//   Metric  { string metric = 1; repeated Point points = 2 }
//   Point   { uint32 timestamp = 1; double value = 2 }
//
// Unknown fields are skipped, as protobuf wants.
import type { PointBatch } from './point-batch.ts';

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 };

class BadMessage extends Error {}

/** A place in the message; reading beyond the end throws BadMessage. */
class Cursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;
  end = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (this.at >= this.end || scale > 2 ** 63) throw new BadMessage('a number is cut off');
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  double(): number {
    const at = this.at;
    this.#advance(8);
    return this.#view.getFloat64(at, true);
  }

  /** Reads a length and moves behind what it measures; returns where that begins. */
  enter(): number {
    const length = this.varint();
    const start = this.at;
    this.#advance(length);
    return start;
  }

  skip(wireType: number): void {
    if (wireType === wireTypes.varint) this.varint();
    else if (wireType === wireTypes.fixed64) this.#advance(8);
    else if (wireType === wireTypes.fixed32) this.#advance(4);
    else if (wireType === wireTypes.bytes) this.enter();
    else throw new BadMessage(`wire type ${wireType} is unknown`);
  }

  #advance(length: number): void {
    if (length > this.end - this.at) throw new BadMessage('a field is longer than the message');
    this.at += length;
  }
}

const isField = (key: number, field: number, wireType: number): boolean =>
  key === field * 8 + wireType;

/** See FrameDecoder. */
export function decodeProtobuf(
  bytes: Uint8Array,
  start: number,
  end: number,
  batch: PointBatch,
): string | undefined {
  batch.clear(bytes);
  const cursor = new Cursor(bytes);
  cursor.at = start;
  cursor.end = end;
  try {
    while (cursor.at < end) {
      const key = cursor.varint();
      if (isField(key, 1, wireTypes.bytes)) {
        const from = cursor.enter();
        const next = cursor.at;
        readMetric(cursor, from, next, batch);
        cursor.at = next;
        cursor.end = end;
      } else cursor.skip(key % 8);
    }
    return undefined;
  } catch (error) {
    if (error instanceof BadMessage) return error.message;
    throw error;
  }
}

// The name may come after the points: it is looked for first.
function readMetric(cursor: Cursor, start: number, end: number, batch: PointBatch): void {
  let nameStart = start;
  let nameEnd = start;
  cursor.at = start;
  cursor.end = end;
  while (cursor.at < end) {
    const key = cursor.varint();
    if (isField(key, 1, wireTypes.bytes)) {
      nameStart = cursor.enter();
      nameEnd = cursor.at;
    } else cursor.skip(key % 8);
  }
  cursor.at = start;
  while (cursor.at < end) {
    const key = cursor.varint();
    if (!isField(key, 2, wireTypes.bytes)) {
      cursor.skip(key % 8);
      continue;
    }
    const from = cursor.enter();
    const next = cursor.at;
    let time = 0;
    let value = 0;
    cursor.at = from;
    cursor.end = next;
    while (cursor.at < next) {
      const pointKey = cursor.varint();
      if (isField(pointKey, 1, wireTypes.varint)) time = cursor.varint();
      else if (isField(pointKey, 2, wireTypes.fixed64)) value = cursor.double();
      else cursor.skip(pointKey % 8);
    }
    cursor.end = end;
    batch.add(nameStart, nameEnd, time, value);
  }
}
