// The disk spool of one output: plaintext lines in bounded segment files, read back in the order
// they came. Survives the process; a line torn by a crash is cut off. See README.md, "Spool".
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomicSync } from '../../core/atomic-file.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { spaceNow } from '../host.ts';
import type { Batch } from '../pipeline.ts';

export interface SpoolOptions {
  directory: string;
  /** All segments together; above it the oldest is given up. */
  bytesMax: number;
  segmentBytes: number;
  /** Points older than this are given up; 0 keeps them however old. */
  ageSecondsMax: number;
  /** Nothing is written while the disk has less than this free. */
  freeBytesMin: number;
  log: Logger;
}

interface Segment {
  name: string;
  bytes: number;
  points: number;
}

const suffix = '.lines';
const cursorFile = 'cursor';
const cursorEveryMs = 1000;
const newline = 0x0a;
const nameDigits = 16;

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}

export class Spool {
  /** Points given up because the spool was full. */
  droppedPoints = 0;
  private readonly options: SpoolOptions;
  private segments: Segment[] = [];
  private writing: number | undefined;
  private offset = 0; // read position in the oldest segment
  private offsetPoints = 0;
  private cursorAtMs = 0;
  private cursorIsOld = false;
  private isFull = false;

  /** Opens the directory, taking over what an earlier process left. */
  constructor(options: SpoolOptions) {
    this.options = options;
    mkdirSync(options.directory, { recursive: true });
    const names = readdirSync(options.directory).filter((name) => name.endsWith(suffix));
    for (const name of names.sort()) this.adopt(name);
    this.readCursor();
  }

  get bytes(): number {
    let sum = 0;
    for (const segment of this.segments) sum += segment.bytes;
    return sum - this.offset;
  }

  get points(): number {
    let sum = 0;
    for (const segment of this.segments) sum += segment.points;
    return sum - this.offsetPoints;
  }

  private pathOf(name: string): string {
    return join(this.options.directory, name);
  }

  private adopt(name: string): void {
    const file = openSync(this.pathOf(name), 'r+');
    try {
      const bytes = readFileSync(file);
      const whole = bytes.lastIndexOf(newline) + 1;
      if (whole < bytes.length) ftruncateSync(file, whole);
      if (whole === 0) rmSync(this.pathOf(name), { force: true });
      else this.segments.push({ name, bytes: whole, points: countLines(bytes) });
    } finally {
      closeSync(file);
    }
  }

  private readCursor(): void {
    let text = '';
    try {
      text = readFileSync(this.pathOf(cursorFile), 'utf8');
    } catch {
      return; // none was written yet
    }
    const [name, offsetText] = text.trim().split(' ');
    const offset = Number(offsetText);
    const oldest = this.segments[0];
    if (oldest === undefined || oldest.name !== name || !(offset <= oldest.bytes)) return;
    const before = this.readAt(oldest.name, 0, offset);
    if (before.length > 0 && before[before.length - 1] !== newline) return;
    this.offset = offset;
    this.offsetPoints = countLines(before);
  }

  private saveCursor(now: number): void {
    this.cursorAtMs = now;
    this.cursorIsOld = false;
    const oldest = this.segments[0];
    try {
      if (oldest === undefined) rmSync(this.pathOf(cursorFile), { force: true });
      else writeFileAtomicSync(this.pathOf(cursorFile), `${oldest.name} ${this.offset}\n`);
    } catch {
      // Without a cursor more is sent again after a restart; the store takes a point twice.
    }
  }

  private readAt(name: string, offset: number, length: number): Buffer {
    const file = openSync(this.pathOf(name), 'r');
    try {
      const bytes = Buffer.allocUnsafe(length);
      let read = 0;
      while (read < length) {
        const count = readSync(file, bytes, read, length - read, offset + read);
        if (count === 0) break;
        read += count;
      }
      return bytes.subarray(0, read);
    } finally {
      closeSync(file);
    }
  }

  private forgetOldest(): void {
    const oldest = this.segments.shift();
    if (oldest === undefined) return;
    if (this.segments.length === 0 && this.writing !== undefined) {
      closeSync(this.writing);
      this.writing = undefined;
    }
    rmSync(this.pathOf(oldest.name), { force: true });
    this.offset = 0;
    this.offsetPoints = 0;
    this.cursorIsOld = true;
  }

  private startSegment(now: number): void {
    if (this.writing !== undefined) closeSync(this.writing);
    this.writing = undefined;
    const last = Number(this.segments.at(-1)?.name.slice(0, nameDigits) ?? 0);
    const name = `${String(Math.max(now, last + 1)).padStart(nameDigits, '0')}${suffix}`;
    const { directory, freeBytesMin } = this.options;
    const space = spaceNow(directory);
    if (space.blocksAvailable * space.blockBytes < freeBytesMin)
      throw new Error(`less than ${freeBytesMin} bytes are free on the disk of ${directory}`);
    this.writing = openSync(this.pathOf(name), 'a');
    this.segments.push({ name, bytes: 0, points: 0 });
  }

  // All of a segment is older than the beginning of the next one, which its name tells.
  private isOutdated(now: number): boolean {
    const { ageSecondsMax } = this.options;
    const nextBegan = Number(this.segments[1]?.name.slice(0, nameDigits));
    return ageSecondsMax > 0 && now - nextBegan > ageSecondsMax * 1000;
  }

  /** Appends a batch; false when the disk does not take it (the batch stays the caller's). */
  append(batch: Batch, now: number): boolean {
    const { bytesMax, segmentBytes, log } = this.options;
    try {
      const last = this.segments.at(-1);
      if (this.writing === undefined || last === undefined || last.bytes >= segmentBytes)
        this.startSegment(now);
      const segment = this.segments.at(-1)!;
      const file = this.writing!;
      let written = 0;
      try {
        while (written < batch.bytes.length)
          written += writeSync(file, batch.bytes, written, batch.bytes.length - written);
      } catch (error) {
        ftruncateSync(file, segment.bytes);
        throw error;
      }
      segment.bytes += batch.bytes.length;
      segment.points += batch.points;
    } catch (error) {
      if (!this.isFull) log.error(`the spool cannot be written: ${messageOf(error)}`);
      this.isFull = true;
      return false;
    }
    this.isFull = false;
    while (this.segments.length > 1 && (this.bytes > bytesMax || this.isOutdated(now))) {
      this.droppedPoints += this.segments[0]!.points - this.offsetPoints;
      this.forgetOldest();
    }
    return true;
  }

  /** Takes the oldest lines, at most `pointsMax`; undefined when the spool is empty. */
  take(pointsMax: number, now: number): Batch | undefined {
    const oldest = this.segments[0];
    if (oldest === undefined) return undefined;
    const rest = this.readAt(oldest.name, this.offset, oldest.bytes - this.offset);
    let end = 0;
    let points = 0;
    while (points < pointsMax) {
      const at = rest.indexOf(newline, end);
      if (at === -1) break;
      end = at + 1;
      points += 1;
    }
    this.offset += end;
    this.offsetPoints += points;
    this.cursorIsOld = true;
    if (this.offset >= oldest.bytes || points === 0) this.forgetOldest();
    if (now - this.cursorAtMs >= cursorEveryMs || this.segments.length === 0) this.saveCursor(now);
    if (points === 0) return this.take(pointsMax, now);
    return { bytes: rest.subarray(0, end), points };
  }

  /** Saves the read position and closes the files; idempotent. */
  close(now: number): void {
    if (this.writing !== undefined) {
      const isEmpty = fstatSync(this.writing).size === 0;
      closeSync(this.writing);
      this.writing = undefined;
      if (isEmpty) rmSync(this.pathOf(this.segments.pop()!.name), { force: true });
    }
    if (this.cursorIsOld) this.saveCursor(now);
  }
}

/** Whether `directory` holds spooled points of an earlier run. */
export function hasSpooled(directory: string): boolean {
  try {
    return readdirSync(directory).some(
      (name) => name.endsWith(suffix) && statSync(join(directory, name)).size > 0,
    );
  } catch {
    return false;
  }
}
