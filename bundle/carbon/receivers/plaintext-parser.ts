// Graphite's plaintext protocol, `name value time LF`, from bytes to points. Fields are parted by
// exactly one space; spaces and CR around the line are ignored. The usual line (a known name, plain
// digits) is read without making any object; everything else goes the exact slow way.

import type { ReceiverCounters, RefusalReason } from './ledger.ts';
import type { Intake } from './receiver.ts';

const space = 0x20;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const point = 0x2e;
const minus = 0x2d;
const zero = 0x30;

// A number of up to 15 digits is exact in a double, and so are these powers: one division then
// gives the nearest double, as an exact parser would.
const exactDigitsMax = 15;
const powersOfTen = Float64Array.from({ length: exactDigitsMax + 1 }, (_, k) => 10 ** k);

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinity = /^([+-]?)inf(?:inity)?$/i;
const notANumber = /^[+-]?nan$/i;

/** The number that `text` spells (decimal, exponent, inf, nan), or undefined. */
export function parseNumber(text: string): number | undefined {
  if (decimal.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const sign = infinity.exec(text);
  if (sign !== null) return sign[1] === '-' ? -Infinity : Infinity;
  return notANumber.test(text) ? NaN : undefined;
}

/** Reads lines from one peer; remembers which series came last. */
export class PlaintextParser {
  readonly #intake: Intake;
  readonly #counters: ReceiverCounters;
  readonly #lineBytesMax: number;
  #previous = 0;

  constructor(intake: Intake, counters: ReceiverCounters, lineBytesMax: number) {
    this.#intake = intake;
    this.#counters = counters;
    this.#lineBytesMax = lineBytesMax;
  }

  /** Takes the lines in bytes[at, limit); the byte before `limit` must be a LF. */
  parseLines(bytes: Uint8Array, at: number, limit: number): void {
    const { cache, timeMax } = this.#intake;
    const table = cache.table;
    let received = 0;
    while (at < limit) {
      let id = table.successor[this.#previous] as number;
      let nameEnd = table.matchEnd(id, bytes, at, limit);
      const isPredicted = nameEnd !== -1 && bytes[nameEnd] === space;
      if (!isPredicted) {
        nameEnd = at;
        while ((bytes[nameEnd] as number) > space) nameEnd++;
      }
      // The value: [-]digits[.digits]
      let p = nameEnd + 1;
      const isNegative = bytes[p] === minus;
      if (isNegative) p++;
      let number = 0;
      let digits = p;
      let byte = bytes[p] as number;
      while (byte >= zero && byte <= 0x39) {
        number = number * 10 + (byte - zero);
        byte = bytes[++p] as number;
      }
      digits = p - digits;
      if (byte === point) {
        const fraction = p + 1;
        byte = bytes[++p] as number;
        while (byte >= zero && byte <= 0x39) {
          number = number * 10 + (byte - zero);
          byte = bytes[++p] as number;
        }
        digits += p - fraction;
        if (digits <= exactDigitsMax) number /= powersOfTen[p - fraction] as number;
      }
      const isPlainValue =
        bytes[nameEnd] === space && byte === space && digits > 0 && digits <= exactDigitsMax;
      // The time: digits, then [CR] LF
      let time = 0;
      const timeStart = ++p;
      if (isPlainValue) {
        byte = bytes[p] as number;
        while (byte >= zero && byte <= 0x39) {
          time = time * 10 + (byte - zero);
          byte = bytes[++p] as number;
        }
        if (byte === carriageReturn) byte = bytes[++p] as number;
      }
      if (isPlainValue && byte === lineFeed && time > 0 && time <= timeMax && p > timeStart) {
        received++;
        if (!isPredicted) id = this.#learn(bytes, at, nameEnd);
        if (id !== 0) {
          this.#previous = id;
          if (!cache.append(id, time, isNegative ? -number : number))
            this.#counters.refuse('cache-full');
        }
        at = p + 1;
      } else {
        const end = bytes.indexOf(lineFeed, at);
        this.#parseOddLine(bytes, at, end);
        at = end + 1;
      }
    }
    this.#counters.received += received;
  }

  /** The id of a name that prediction did not give; 0 when it was refused. */
  #learn(bytes: Uint8Array, start: number, end: number): number {
    const { cache } = this.#intake;
    const id = cache.intern(bytes, start, end);
    if (typeof id === 'string') {
      this.#counters.refuse(id);
      return 0;
    }
    cache.table.successor[this.#previous] = id;
    return id;
  }

  #parseOddLine(bytes: Uint8Array, start: number, end: number): void {
    while (start < end && bytes[start] === space) start++;
    while (end > start && (bytes[end - 1] === space || bytes[end - 1] === carriageReturn)) end--;
    if (start === end) return;
    const refusal = this.#takeOddLine(bytes, start, end);
    if (refusal === undefined) return;
    this.#counters.received++;
    this.#counters.refuse(refusal);
  }

  #takeOddLine(bytes: Uint8Array, start: number, end: number): RefusalReason | undefined {
    if (end - start > this.#lineBytesMax) return 'line-too-long';
    const first = bytes.indexOf(space, start);
    const second = first < 0 || first >= end ? -1 : bytes.indexOf(space, first + 1);
    if (first <= start || second < 0 || second >= end) return 'malformed';
    const value = parseNumber(Buffer.from(bytes.subarray(first + 1, second)).toString('latin1'));
    if (value === undefined) return 'bad-value';
    const time = parseNumber(Buffer.from(bytes.subarray(second + 1, end)).toString('latin1'));
    if (time === undefined) return 'bad-time';
    this.#intake.accept(this.#counters, bytes, start, first, time, value);
    return undefined;
  }
}
