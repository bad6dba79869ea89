// Copies a running instance: each file is whole, and what carbon had not yet written to its files
// is in the journal, which is copied first and replayed after a restore.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import { writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';
import { codeOf, exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { instancePaths, readInstance } from '../../bundle/supervisor/instance.ts';
import { installedVersion } from '../kit-version.ts';
import {
  type BackupFile,
  type BackupManifest,
  hashFile,
  listBackups,
  manifestName,
  readManifest,
} from './manifest.ts';

export interface BackupOptions {
  /** Files that are as they were in the last backup here are shared with it. */
  incremental: boolean;
  progress(done: number, total: number): void;
}

export interface BackupResult {
  directory: string;
  files: number;
  bytes: number;
  /** Shared with the backup before. */
  shared: number;
  unsettled: string[];
}

// Before everything else: a point that carbon moves from the journal into a file meanwhile is then
// in both copies, never in none.
const first = 'storage/journal';
// Made again from the Whisper files.
const leftOut = ['storage/metric-index', 'conf/.install', 'run'];
const copyTriesMax = 5;
const sqliteHeader = 'SQLite format 3\0';

function filesToCopy(home: string): string[] {
  const below = (directory: string): string[] =>
    existsSync(join(home, directory))
      ? readdirSync(join(home, directory), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1))
      : [];
  const wanted = [
    ...below(first),
    ...below(instancePaths.conf),
    ...below(instancePaths.dashboards),
    ...['bin/env-site'].filter((path) => existsSync(join(home, path))),
    ...below(instancePaths.storage).filter((path) => !path.startsWith(`${first}/`)),
  ];
  return wanted.filter(
    (path) =>
      !leftOut.some((directory) => path.startsWith(`${directory}/`)) &&
      !/(-wal|-shm|-journal|\.tmp)$/.test(path),
  );
}

async function isDatabase(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(sqliteHeader.length);
    await file.read(header, 0, header.length, 0);
    return header.toString('latin1') === sqliteHeader;
  } finally {
    await file.close();
  }
}

async function copyPlain(from: string, to: string): Promise<string> {
  const target = await open(to, 'w', 0o600);
  try {
    const sha256 = await hashFile(from, (chunk) => target.write(chunk));
    await target.sync();
    return sha256;
  } finally {
    await target.close();
  }
}

async function copySqlite(from: string, to: string): Promise<string> {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    await copyDatabase(source, to);
  } finally {
    source.close();
  }
  return hashFile(to);
}

interface Copied {
  file: BackupFile;
  settled: boolean;
}

async function copyOne(home: string, path: string, staging: string): Promise<Copied> {
  const from = join(home, path);
  const to = join(staging, path);
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const database = await isDatabase(from);
  for (let attempt = 1; ; attempt++) {
    const before = statSync(from);
    const sha256 = database ? await copySqlite(from, to) : await copyPlain(from, to);
    const after = statSync(from);
    const settled = database || (before.mtimeMs === after.mtimeMs && before.size === after.size);
    if (!settled && attempt < copyTriesMax) continue;
    const mode = before.mode & 0o777;
    chmodSync(to, mode);
    return {
      settled,
      file: { path, size: statSync(to).size, mode, modifiedAtMs: before.mtimeMs, sha256 },
    };
  }
}

function shareWithBefore(options: {
  home: string;
  path: string;
  staging: string;
  previous: string;
  known: BackupFile | undefined;
}): BackupFile | undefined {
  const { home, path, staging, previous, known } = options;
  const { size, mtimeMs } = statSync(join(home, path));
  if (known === undefined || known.size !== size || known.modifiedAtMs !== mtimeMs)
    return undefined;
  try {
    mkdirSync(dirname(join(staging, path)), { recursive: true, mode: 0o700 });
    linkSync(join(previous, path), join(staging, path));
    return known;
  } catch {
    return undefined; // a file system without links, or the old backup was thinned out
  }
}

/** Makes a backup in a new directory below `destination`, named by its time. */
export async function backupInstance(
  home: string,
  destination: string,
  options: BackupOptions,
  now: Date = new Date(),
): Promise<BackupResult> {
  if (`${destination}/`.startsWith(`${join(home, instancePaths.storage)}/`)) {
    throw new OperatingError('bad-destination', 'a backup cannot lie inside what it copies', {
      exitCode: exitCodes.usage,
    });
  }
  const takenAt = now.toISOString();
  const directory = join(destination, takenAt.replace(/[:.]/g, '-'));
  const staging = join(destination, `.${takenAt.replace(/[:.]/g, '-')}.tmp`);
  const previous = options.incremental ? listBackups(destination).at(-1) : undefined;
  const known = new Map(
    previous === undefined ? [] : readManifest(previous).files.map((file) => [file.path, file]),
  );
  const manifest: BackupManifest = {
    format: 1,
    version: installedVersion(home),
    takenAt,
    instance: readInstance(home),
    files: [],
    unsettled: [],
  };
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  let shared = 0;
  try {
    const paths = filesToCopy(home);
    for (const [index, path] of paths.entries()) {
      options.progress(index, paths.length);
      try {
        const link =
          previous === undefined
            ? undefined
            : shareWithBefore({ home, path, staging, previous, known: known.get(path) });
        if (link !== undefined) {
          shared += 1;
          manifest.files.push(link);
          continue;
        }
        const { file, settled } = await copyOne(home, path, staging);
        manifest.files.push(file);
        if (!settled) manifest.unsettled.push(path);
      } catch (error) {
        // Removed meanwhile: a journal segment that is done with, an expired series.
        if (codeOf(error) !== 'ENOENT') throw error;
        rmSync(join(staging, path), { force: true });
      }
    }
    writeFileAtomicSync(join(staging, manifestName), `${JSON.stringify(manifest)}\n`, 0o600);
    renameSync(staging, directory);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw error;
  }
  return {
    directory,
    files: manifest.files.length,
    bytes: manifest.files.reduce((sum, { size }) => sum + size, 0),
    shared,
    unsettled: manifest.unsettled,
  };
}
