// The positioned write that does not stop half-way.
import { writeSync } from 'node:fs';

/** Writes `length` bytes of `buffer` from `offset` to the file at `position`, all of them. */
export function writeFully(
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
): void {
  let written = writeSync(fd, buffer, offset, length, position);
  while (written < length) {
    written += writeSync(fd, buffer, offset + written, length - written, position + written);
  }
}
