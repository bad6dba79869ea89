// The format of what is in storage/, in one number. A program that does not know it must not run
// on it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatingError } from '../bundle/core/errors.ts';
import { instancePaths } from '../bundle/supervisor/instance.ts';

/** 1: Whisper files, journal, SQLite files, as of version 1.0. */
export const storageFormat = 1;

const fileName = 'FORMAT';

/** Marks a new storage directory; one that has a mark keeps it. */
export function markStorage(home: string): void {
  const path = join(home, instancePaths.storage, fileName);
  if (!existsSync(path)) writeFileSync(path, `${storageFormat}\n`);
}

/** Throws when the data were written by a version that this one does not understand. */
export function checkStorageFormat(home: string): void {
  const path = join(home, instancePaths.storage, fileName);
  if (!existsSync(path)) return;
  const found = Number(readFileSync(path, 'utf8').trim());
  if (found <= storageFormat) return;
  throw new OperatingError(
    'storage-format',
    `${home}/storage has format ${found}, this version knows up to ${storageFormat}: it needs a newer version`,
  );
}
