// Cuts a stream into lines for the parser. Keeps at most one unfinished line; of a line that is
// too long it keeps nothing and goes on after its LF.
import type { ReceiverCounters } from './ledger.ts';
import type { PlaintextParser } from './plaintext-parser.ts';

const lineFeed = 0x0a;
const none: Buffer = Buffer.alloc(0);

export class LineReader {
  readonly #parser: PlaintextParser;
  readonly #counters: ReceiverCounters;
  readonly #lineBytesMax: number;
  #rest = none;
  #restLength = 0;
  #isSkipping = false;

  constructor(parser: PlaintextParser, counters: ReceiverCounters, lineBytesMax: number) {
    this.#parser = parser;
    this.#counters = counters;
    this.#lineBytesMax = lineBytesMax;
  }

  /** Takes the next piece of the stream, which may be reused afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.#isSkipping || this.#restLength > 0) {
      const end = chunk.indexOf(lineFeed);
      if (end < 0) {
        this.#keep(chunk, 0);
        return;
      }
      if (!this.#isSkipping) this.#keep(chunk.subarray(0, end + 1), 0);
      if (!this.#isSkipping) this.#parser.parseLines(this.#rest, 0, this.#restLength);
      this.#isSkipping = false;
      this.#restLength = 0;
      start = end + 1;
    }
    const limit = chunk.lastIndexOf(lineFeed) + 1;
    if (limit > start) this.#parser.parseLines(chunk, start, limit);
    this.#keep(chunk, Math.max(start, limit));
  }

  /** The stream is over: an unfinished line is dropped, as it may have been cut anywhere. */
  end(): void {
    if (this.#restLength > 0) {
      this.#counters.received++;
      this.#counters.refuse('unterminated');
    }
    this.#restLength = 0;
    this.#rest = none;
  }

  #keep(chunk: Uint8Array, start: number): void {
    const length = chunk.length - start;
    if (length === 0 || this.#isSkipping) return;
    const needed = this.#restLength + length;
    if (needed > this.#lineBytesMax) {
      this.#counters.received++;
      this.#counters.refuse('line-too-long');
      this.#isSkipping = true;
      this.#restLength = 0;
      this.#rest = none;
      return;
    }
    if (needed > this.#rest.length) {
      // Of one kind with what sockets give: code that has met two kinds of arrays is slower.
      const wider = Buffer.allocUnsafeSlow(Math.max(256, 2 ** Math.ceil(Math.log2(needed))));
      wider.set(this.#rest.subarray(0, this.#restLength));
      this.#rest = wider;
    }
    this.#rest.set(start === 0 ? chunk : chunk.subarray(start), this.#restLength);
    this.#restLength = needed;
  }
}
