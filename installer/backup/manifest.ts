// The list of what is in a backup, with the hash of each file.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes, messageOf, OperatingError } from '../../bundle/core/errors.ts';
import type { Instance } from '../../bundle/supervisor/instance.ts';

export interface BackupFile {
  /** Relative to the backup and to the instance alike. */
  path: string;
  size: number;
  mode: number;
  /** Of the original, in milliseconds; an unchanged file is not copied again. */
  modifiedAtMs: number;
  sha256: string;
}

export interface BackupManifest {
  format: 1;
  version: string;
  takenAt: string;
  instance: Instance;
  files: BackupFile[];
  /** Files that changed while they were copied, each time it was tried. */
  unsettled: string[];
}

export const manifestName = 'manifest.json';
const chunkBytes = 256 * 1024;

/** Reads the manifest of the backup in `directory`. */
export function readManifest(directory: string): BackupManifest {
  const path = join(directory, manifestName);
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as BackupManifest;
    if (manifest.format === 1 && Array.isArray(manifest.files)) return manifest;
    throw new Error('its format is not known');
  } catch (error) {
    throw new OperatingError('no-backup', `${directory} is no backup: ${messageOf(error)}`, {
      cause: error,
      exitCode: exitCodes.usage,
    });
  }
}

/** The complete backups in `destination`, oldest first. */
export function listBackups(destination: string): string[] {
  if (!existsSync(destination)) return [];
  return readdirSync(destination)
    .filter((name) => !name.startsWith('.') && existsSync(join(destination, name, manifestName)))
    .sort()
    .map((name) => join(destination, name));
}

/** Feeds a file to `consume` chunk by chunk and returns its hash. */
export async function hashFile(
  path: string,
  consume?: (chunk: Uint8Array) => Promise<unknown>,
): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return hash.digest('hex');
      const part = chunk.subarray(0, bytesRead);
      hash.update(part);
      await consume?.(part);
    }
  } finally {
    await file.close();
  }
}

/** The files of a backup that are missing or differ from the manifest. */
export async function verifyFiles(
  directory: string,
  files: readonly BackupFile[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const { path, sha256 } of files) {
    const file = join(directory, path);
    if (!existsSync(file) || (await hashFile(file)) !== sha256) wrong.push(path);
  }
  return wrong;
}
