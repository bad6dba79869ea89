// Carbon's pickle, `[(path, (time, value)), ...]` and also `(path, [(time, value), ...])` within, as
// points. Nothing but lists, tuples, strings and numbers is ever made of it.
import { BadPickle, type Entries, kinds, PickleMachine } from './pickle-machine.ts';
import { PickleReader } from './pickle-reader.ts';
import { parseNumber } from './plaintext-parser.ts';
import type { PointBatch } from './point-batch.ts';

const numberBytesMax = 400;
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

/** Reads the points out of the one list or tuple on the stack. */
function collect(bytes: Uint8Array, batch: PointBatch): void {
  const { stack, children, madeTextsLength } = machine;
  if (stack.length !== 1) throw new BadPickle('it is not one list of points');
  // Made names are put behind a copy of the frame.
  if (madeTextsLength > 0)
    batch.bytes = Buffer.concat([bytes, machine.madeTexts.subarray(0, madeTextsLength)]);
  eachChild(stack, 0, (element) => {
    const name = children.first[element] as number;
    if (children.kind[element] !== kinds.tuple || children.second[element] !== 2)
      throw new BadPickle('an element is not (path, point)');
    const isMade = children.kind[name] === kinds.madeText;
    if (!isMade && children.kind[name] !== kinds.text)
      throw new BadPickle('a path is not a string');
    const shift = isMade ? bytes.length : 0;
    const start = (children.first[name] as number) + shift;
    const end = (children.second[name] as number) + shift;
    const point = name + 1;
    if (isPoint(point)) {
      batch.add(start, end, numberAt(bytes, point, 0), numberAt(bytes, point, 1));
      return;
    }
    eachChild(children, point, (inner) => {
      if (!isPoint(inner)) throw new BadPickle('a point is not (time, value)');
      batch.add(start, end, numberAt(bytes, inner, 0), numberAt(bytes, inner, 1));
    });
  });
}

/** Calls `each` with the place, among the children, of every element of a list or tuple. */
function eachChild(entries: Entries, index: number, each: (entry: number) => void): void {
  const kind = entries.kind[index];
  const first = entries.first[index] as number;
  if (kind === kinds.tuple) {
    const count = entries.second[index] as number;
    for (let k = 0; k < count; k++) each(first + k);
  } else if (kind === kinds.list) {
    const { lists, runs, runAfter } = machine;
    for (let run = lists.first[first] as number; run >= 0; run = runAfter.first[run] as number) {
      const from = runs.first[run] as number;
      const count = runs.second[run] as number;
      for (let k = 0; k < count; k++) each(from + k);
    }
  } else throw new BadPickle('a list of points is missing');
}

/** A pair that begins with a number or its text, rather than with another point. */
function isPoint(entry: number): boolean {
  const { children } = machine;
  if (children.kind[entry] !== kinds.tuple || children.second[entry] !== 2) return false;
  const first = children.kind[children.first[entry] as number];
  return first === kinds.number || first === kinds.text || first === kinds.madeText;
}

/** Part 0 or 1 of a point as a number; text is read as one, and what is none gives NaN. */
function numberAt(bytes: Uint8Array, point: number, part: number): number {
  const { children, madeTexts } = machine;
  const entry = (children.first[point] as number) + part;
  const kind = children.kind[entry];
  const first = children.first[entry] as number;
  if (kind === kinds.number) return first;
  if (kind !== kinds.text && kind !== kinds.madeText) return Number.NaN;
  const source = kind === kinds.text ? bytes : madeTexts;
  const end = Math.min(children.second[entry] as number, first + numberBytesMax);
  return parseNumber(Buffer.from(source.subarray(first, end)).toString('latin1')) ?? Number.NaN;
}
