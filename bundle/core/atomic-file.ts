// The one way a whole file is written: beside, synced, renamed. A crash leaves the old file or
// the new one, never half of either.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

let sequence = 0;

function besideName(path: string): string {
  sequence += 1;
  return join(dirname(path), `.${basename(path)}.${process.pid}.${sequence}.tmp`);
}

/** Replaces `path` with `content`; resolves once the new file is on disk under its name. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  // Loaded with the first use: a service that has none saves a megabyte.
  const { open, rename, rm } = process.getBuiltinModule('node:fs/promises');
  const beside = besideName(path);
  try {
    const file = await open(beside, 'w', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** The same, synchronously: for start-up and shut-down. */
export function writeFileAtomicSync(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): void {
  const beside = besideName(path);
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const file = openSync(beside, 'w', mode);
    try {
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(file, bytes, written, bytes.length - written);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
