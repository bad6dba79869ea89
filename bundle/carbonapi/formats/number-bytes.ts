// Numbers as ASCII, digit by digit into a buffer. Most numbers of metrics have few decimals; making
// a string of each would dominate the cost of an answer. The rest is left to the runtime.
import { numberText } from './json-number.ts';

/** Bytes that one number may take. */
export const numberBytesMax = 32;

const zero = 48;
const minus = 45;
const dot = 46;

/** ASCII of 00 to 99, two bytes each. */
const pairs = Uint8Array.from(
  Array.from({ length: 100 }, (_, i) => [zero + Math.floor(i / 10), zero + (i % 10)]).flat(),
);

/** Below 1e9, so that all arithmetic stays in 32 bits. */
function writeSmall(bytes: Uint8Array, at: number, value: number): number {
  let rest = value | 0;
  let digits = 1;
  if (rest >= 10000)
    digits =
      rest >= 1000000 ? (rest >= 100000000 ? 9 : rest >= 10000000 ? 8 : 7) : rest >= 100000 ? 6 : 5;
  else if (rest >= 100) digits = rest >= 1000 ? 4 : 3;
  else if (rest >= 10) digits = 2;
  const end = at + digits;
  let to = end;
  while (rest >= 100) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) << 1;
    bytes[--to] = pairs[pair + 1] as number;
    bytes[--to] = pairs[pair] as number;
    rest = next;
  }
  if (rest >= 10) {
    bytes[--to] = pairs[(rest << 1) + 1] as number;
    bytes[--to] = pairs[rest << 1] as number;
  } else bytes[--to] = zero + rest;
  return end;
}

function writePadded(bytes: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value | 0;
  let to = at + digits;
  while (to > at + 1) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) << 1;
    bytes[--to] = pairs[pair + 1] as number;
    bytes[--to] = pairs[pair] as number;
    rest = next;
  }
  if (to > at) bytes[at] = zero + rest;
  return at + digits;
}

/** Writes a whole number from 0 to 2^53; returns where it ends. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < 1e9) return writeSmall(bytes, at, value);
  const high = Math.floor(value / 1e9);
  return writePadded(bytes, writeInteger(bytes, at, high), value - high * 1e9, 9);
}

/** Writes `value` as JSON (null for NaN); returns where it ends. The same text as numberText gives. */
export function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  const magnitude = value < 0 ? -value : value;
  if (magnitude < 1e9) {
    const whole = magnitude | 0;
    if (whole === magnitude) {
      if (value < 0) bytes[at++] = minus;
      return writeSmall(bytes, at, whole);
    }
    // The double nearest to a decimal of at most 15 digits is written as that decimal.
    const hundredths = Math.round(magnitude * 100);
    if (hundredths / 100 === magnitude) {
      if (value < 0) bytes[at++] = minus;
      at = writeSmall(bytes, at, whole);
      bytes[at] = dot;
      const pair = (hundredths - whole * 100) << 1;
      bytes[at + 1] = pairs[pair] as number;
      const last = pairs[pair + 1] as number;
      bytes[at + 2] = last;
      return last === zero ? at + 2 : at + 3;
    }
    const millionths = Math.round(magnitude * 1e6);
    if (millionths / 1e6 === magnitude) {
      if (value < 0) bytes[at++] = minus;
      at = writeSmall(bytes, at, whole);
      bytes[at++] = dot;
      at = writePadded(bytes, at, millionths - whole * 1e6, 6);
      while (bytes[at - 1] === zero) at--;
      return at;
    }
  } else if (magnitude < 1e15 && Math.floor(magnitude) === magnitude) {
    if (value < 0) bytes[at++] = minus;
    return writeInteger(bytes, at, magnitude);
  }
  if (Number.isNaN(value)) {
    bytes[at] = 110;
    bytes[at + 1] = 117;
    bytes[at + 2] = 108;
    bytes[at + 3] = 108;
    return at + 4;
  }
  const text = numberText(value);
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Times are split here: what is before these digits changes once a day, and is kept as bytes. */
const lowTime = 100_000;

/** Writes times that follow each other; most of a time is the same as in the one before. */
export class TimeWriter {
  readonly #head = new Uint8Array(numberBytesMax);
  #headLength = 0;
  #high = -1;

  /** Writes whole unix seconds; returns where they end. */
  write(bytes: Uint8Array, at: number, time: number): number {
    if (time < 0) return writeNumber(bytes, at, time);
    const high = Math.floor(time / lowTime);
    if (high !== this.#high) {
      this.#high = high;
      this.#headLength = writeInteger(this.#head, 0, high);
    }
    if (high === 0) return writeSmall(bytes, at, time);
    const length = this.#headLength;
    for (let i = 0; i < length; i++) bytes[at + i] = this.#head[i] as number;
    const low = (time - high * lowTime) | 0;
    const to = at + length;
    const first = (low / 10_000) | 0;
    const rest = low - first * 10_000;
    const middle = (rest / 100) | 0;
    const last = (rest - middle * 100) << 1;
    bytes[to] = zero + first;
    bytes[to + 1] = pairs[middle << 1] as number;
    bytes[to + 2] = pairs[(middle << 1) + 1] as number;
    bytes[to + 3] = pairs[last] as number;
    bytes[to + 4] = pairs[last + 1] as number;
    return to + 5;
  }
}
