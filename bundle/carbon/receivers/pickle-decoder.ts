// Carbon's pickle, `[(path, (time, value)), ...]` and also `(path, [(time, value), ...])` and
// `(path, (time, value), (time, value), ...)` within, as points; lists may stand for tuples. Nothing
// but lists, tuples, strings and numbers is ever made of it.
import { BadPickle, type Entries, kinds, PickleMachine } from './pickle-machine.ts';
import { PickleReader } from './pickle-reader.ts';
import { parseNumber } from './plaintext-parser.ts';
import type { PointBatch } from './point-batch.ts';

const numberBytesMax = 400;
// More than a frame of the largest size can spell out.
const pointsMax = 2 << 20;
const machine = new PickleMachine();

/** See FrameDecoder. */
export function decodePickle(
  bytes: Uint8Array,
  start: number,
  end: number,
  batch: PointBatch,
): string | undefined {
  batch.clear(bytes);
  try {
    new PickleReader(machine, bytes, start, end).run();
    collect(bytes, batch);
    return undefined;
  } catch (error) {
    batch.clear(bytes);
    if (error instanceof BadPickle) return error.message;
    throw error;
  } finally {
    machine.reset();
  }
}

/** Reads the points out of the one list or tuple on the stack; what is no point is only counted. */
function collect(bytes: Uint8Array, batch: PointBatch): void {
  const { stack, madeTextsLength } = machine;
  if (stack.length !== 1) throw new BadPickle('it is not one list of points');
  // Made names are put behind a copy of the frame.
  if (madeTextsLength > 0)
    batch.bytes = Buffer.concat([bytes, machine.madeTexts.subarray(0, madeTextsLength)]);
  const isList = eachChild(stack, 0, (element) => {
    if (!takeUsual(batch, element)) takeOdd(bytes, batch, element);
  });
  if (!isList) throw new BadPickle('a list of points is missing');
}

/** Takes `(path, (time, value))` in tuples, as nearly all are; false when it is something else. */
function takeUsual(batch: PointBatch, element: number): boolean {
  const { kind, first, second } = machine.children;
  if (kind[element] !== kinds.tuple || second[element] !== 2) return false;
  const path = first[element] as number;
  const point = path + 1;
  if (kind[path] !== kinds.text || kind[point] !== kinds.tuple || second[point] !== 2) return false;
  const time = first[point] as number;
  if (kind[time] !== kinds.number || kind[time + 1] !== kinds.number) return false;
  requireRoom(batch);
  const value = first[time + 1] as number;
  batch.add(first[path] as number, second[path] as number, first[time] as number, value);
  return true;
}

/** Takes any other spelling of one path's points; what is no point is counted. */
function takeOdd(bytes: Uint8Array, batch: PointBatch, element: number): void {
  const { children } = machine;
  const name = childAt(element, 0);
  const isMade = children.kind[name] === kinds.madeText;
  if (childAt(element, 1) < 0 || (!isMade && children.kind[name] !== kinds.text)) {
    batch.malformed++;
    return;
  }
  const shift = isMade ? bytes.length : 0;
  const start = (children.first[name] as number) + shift;
  const end = (children.second[name] as number) + shift;
  const takePoint = (entry: number): void => {
    if (!isPoint(entry)) {
      batch.malformed++;
      return;
    }
    requireRoom(batch);
    batch.add(start, end, numberAt(bytes, entry, 0), numberAt(bytes, entry, 1));
  };
  eachChild(children, element, (part) => {
    if (part === name) return;
    if (isPoint(part) || !eachChild(children, part, takePoint)) takePoint(part);
  });
}

// A list may be named many times over: few bytes could hold any number of points.
function requireRoom(batch: PointBatch): void {
  if (batch.count === pointsMax) throw new BadPickle('it holds too many points');
}

/**
 * Calls `each` with the place, among the children, of every element of a list or tuple; false when
 * the entry is neither.
 */
function eachChild(entries: Entries, index: number, each: (entry: number) => void): boolean {
  const kind = entries.kind[index];
  const first = entries.first[index] as number;
  if (kind === kinds.tuple) {
    const count = entries.second[index] as number;
    for (let k = 0; k < count; k++) each(first + k);
    return true;
  }
  if (kind !== kinds.list) return false;
  const { lists, runs, runAfter } = machine;
  for (let run = lists.first[first] as number; run >= 0; run = runAfter.first[run] as number) {
    const from = runs.first[run] as number;
    const count = runs.second[run] as number;
    for (let k = 0; k < count; k++) each(from + k);
  }
  return true;
}

/** The place of element `k` of a list or tuple, -1 when there is none. */
function childAt(entry: number, k: number): number {
  const { children, lists, runs, runAfter } = machine;
  const first = children.first[entry] as number;
  if (children.kind[entry] === kinds.tuple)
    return k < (children.second[entry] as number) ? first + k : -1;
  if (children.kind[entry] !== kinds.list) return -1;
  for (let run = lists.first[first] as number; run >= 0; run = runAfter.first[run] as number) {
    const count = runs.second[run] as number;
    if (k < count) return (runs.first[run] as number) + k;
    k -= count;
  }
  return -1;
}

/** A pair that begins with something single, rather than with another point. */
function isPoint(entry: number): boolean {
  const first = childAt(entry, 0);
  if (first < 0 || childAt(entry, 1) < 0 || childAt(entry, 2) >= 0) return false;
  const kind = machine.children.kind[first];
  return kind !== kinds.tuple && kind !== kinds.list;
}

/** Part 0 or 1 of a point as a number; text is read as one, and what is none gives NaN. */
function numberAt(bytes: Uint8Array, point: number, part: number): number {
  const { children, madeTexts } = machine;
  const entry = childAt(point, part);
  const kind = children.kind[entry];
  const first = children.first[entry] as number;
  if (kind === kinds.number) return first;
  if (kind !== kinds.text && kind !== kinds.madeText) return Number.NaN;
  const source = kind === kinds.text ? bytes : madeTexts;
  const end = Math.min(children.second[entry] as number, first + numberBytesMax);
  return parseNumber(Buffer.from(source.subarray(first, end)).toString('latin1')) ?? Number.NaN;
}
