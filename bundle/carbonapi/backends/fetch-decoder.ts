// Decodes a MultiFetchResponse (carbonapi_v3_pb) while it arrives, so that a large answer neither has to
// be held twice nor keeps others waiting. Pieces of such a message are messages themselves, so whatever
// is complete is decoded.
import { OperatingError } from '../../core/errors.ts';
import { type RawRange, rawRangeOf } from '../../wire/consolidation-request.ts';
import { ProtobufReader } from '../../wire/protobuf.ts';
import { type FetchedSeries, type FetchRequest, pointsRead } from './backend.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { plausible } from './plausible.ts';

/** Tag of the one field of the message: number 1, with a length. */
const seriesTag = 0x0a;

export class FetchDecoder {
  readonly series: FetchedSeries[] = [];
  /** The beginning of a series whose end has not arrived. */
  readonly #begun = new GrowingBytes();
  /** What the begun series takes as a whole; 0 while even its length is not known. */
  #wholeBytes = 0;
  #points = 0;
  #held = 0;
  readonly #applied: Applied = { text: '', range: undefined };
  readonly #request: FetchRequest;

  constructor(request: FetchRequest) {
    this.#request = request;
  }

  /** Takes bytes that are valid during the call only. */
  push(part: Buffer): void {
    let rest = part;
    while (this.#begun.length > 0 && rest.length > 0) rest = this.#complete(rest);
    if (rest.length === 0) return;
    const { complete, next } = completeBytes(rest);
    if (complete > 0) this.#decode(rest.subarray(0, complete));
    if (complete < rest.length) this.#begin(rest.subarray(complete), next);
  }

  /** All series. Throws an OperatingError (`bad-protobuf`) if the message is cut off. */
  finish(): FetchedSeries[] {
    if (this.#begun.length > 0) this.#decode(this.#begun.bytes);
    return this.series;
  }

  #begin(bytes: Buffer, wholeBytes: number): void {
    this.#begun.clear();
    this.#begun.push(bytes);
    this.#wholeBytes = wholeBytes;
  }

  /** Adds to the begun series what it lacks, and returns what is behind it. */
  #complete(part: Buffer): Buffer {
    // A length that is cut off itself is a few bytes; one more at a time shows it.
    const lacking = this.#wholeBytes === 0 ? 1 : this.#wholeBytes - this.#begun.length;
    const taken = part.subarray(0, lacking);
    this.#begun.push(taken);
    if (taken.length === lacking) {
      const { bytes } = this.#begun;
      const { complete, next } = completeBytes(bytes);
      if (complete > 0) this.#decode(bytes.subarray(0, complete));
      this.#begin(bytes.subarray(complete), next);
    }
    return part.subarray(taken.length);
  }

  // Only what a Series needs is read: a thousand series are a thousand of everything made here.
  #decode(bytes: Buffer): void {
    const reader = new ProtobufReader(bytes, this.#request.columns);
    let last: FetchedSeries | undefined;
    while (reader.next()) {
      if (reader.field !== 1) {
        reader.skip();
        continue;
      }
      const series = readSeries(reader, last, this.#applied);
      const used = plausible(series, this.#request);
      if (used !== undefined) this.series.push(used);
      this.#points += pointsRead(series);
      this.#held += series.values.length;
      last = series;
    }
    this.#request.check?.(this.series.length, this.#points, this.#held);
  }
}

const noValues = new Float64Array(0);

/** The text of an applied function as last met: most series of an answer have the same. */
interface Applied {
  text: string;
  range: RawRange | undefined;
}

/** One FetchResponse; the numbers of its fields are in wire/carbonapi-v3.ts. */
function readSeries(
  reader: ProtobufReader,
  last: FetchedSeries | undefined,
  applied: Applied,
): FetchedSeries {
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
    else if (reader.field === 10) {
      const range = readRawRange(reader, applied);
      if (range !== undefined) series.consolidatedFrom = range;
    } else reader.skip();
  }
  reader.leave(outerEnd);
  return series;
}

function readRawRange(reader: ProtobufReader, applied: Applied): RawRange | undefined {
  const text = reader.stringLike(applied.text);
  if (text !== applied.text) {
    applied.text = text;
    applied.range = rawRangeOf(text);
  }
  return applied.range;
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
      if (length > Number.MAX_SAFE_INTEGER)
        throw new OperatingError('bad-protobuf', 'the answer of the store has a bad length');
    }
    if (at + length > bytes.length) return { complete, next: at + length - complete };
    complete = at + length;
  }
  return { complete, next: 0 };
}
