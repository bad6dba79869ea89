// Decodes a MultiFetchResponse (carbonapi_v3_pb) while it arrives, so that a large answer neither has to
// be held twice nor keeps others waiting. Pieces of such a message are messages themselves, so whatever
// is complete is decoded.
import { OperatingError } from '../../core/errors.ts';
import { ProtobufReader } from '../../wire/protobuf.ts';
import type { FetchedSeries } from './backend.ts';

/** Tag of the one field of the message: number 1, with a length. */
const seriesTag = 0x0a;
/** Decoded at once; less is not worth the call. */
const batchBytes = 32 * 1024;

export class FetchDecoder {
  readonly series: FetchedSeries[] = [];
  #parts: Buffer[] = [];
  #bytes = 0;
  /** Nothing can be complete before there are so many. */
  #wanted = batchBytes;

  push(part: Buffer): void {
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes < this.#wanted) return;
    const bytes = this.#parts.length === 1 ? part : Buffer.concat(this.#parts);
    const { complete, next } = completeBytes(bytes);
    if (complete > 0) this.#decode(bytes.subarray(0, complete));
    const rest = bytes.subarray(complete);
    this.#parts = [rest];
    this.#bytes = rest.length;
    this.#wanted = Math.max(batchBytes, next);
  }

  /** Decodes what is left. Throws an OperatingError (`bad-protobuf`) if the message is cut off. */
  finish(): FetchedSeries[] {
    const rest = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    if (rest.length > 0) this.#decode(rest);
    this.#parts = [];
    return this.series;
  }

  // Only what a Series needs is read: a thousand series are a thousand of everything made here.
  #decode(bytes: Buffer): void {
    const reader = new ProtobufReader(bytes);
    let last: FetchedSeries | undefined;
    while (reader.next()) {
      if (reader.field !== 1) {
        reader.skip();
        continue;
      }
      const series = readSeries(reader, last);
      if (series.step > 0) this.series.push(series);
      last = series;
    }
  }
}

const noValues = new Float64Array(0);

/** One FetchResponse; the numbers of its fields are in wire/carbonapi-v3.ts. */
function readSeries(reader: ProtobufReader, last: FetchedSeries | undefined): FetchedSeries {
  const series: FetchedSeries = {
    name: '',
    pathExpression: '',
    start: 0,
    step: 0,
    values: noValues,
    consolidate: '',
    xFilesFactor: 0,
  };
  const outerEnd = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) series.name = reader.string();
    else if (reader.field === 2)
      series.pathExpression = reader.stringLike(last?.pathExpression ?? '');
    else if (reader.field === 3) series.consolidate = reader.stringLike(last?.consolidate ?? '');
    else if (reader.field === 4) series.start = reader.int();
    else if (reader.field === 6) series.step = reader.int();
    else if (reader.field === 7) series.xFilesFactor = reader.float();
    else if (reader.field === 9) series.values = reader.doubles(series.values);
    else reader.skip();
  }
  reader.leave(outerEnd);
  return series;
}

/** How many bytes are whole series, and how many there must be for the next one (0: unknown). */
function completeBytes(bytes: Buffer): { complete: number; next: number } {
  let complete = 0;
  while (complete < bytes.length) {
    if (bytes[complete] !== seriesTag)
      throw new OperatingError('bad-protobuf', 'the answer of the store is not a list of series');
    let at = complete + 1;
    let length = 0;
    let scale = 1;
    let byte = 0x80;
    while (byte >= 0x80) {
      const next = bytes[at++];
      if (next === undefined) return { complete, next: 0 };
      byte = next;
      length += (byte & 0x7f) * scale;
      scale *= 128;
    }
    if (at + length > bytes.length) return { complete, next: at + length - complete };
    complete = at + length;
  }
  return { complete, next: 0 };
}
