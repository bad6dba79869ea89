// Keeps the log files in run/ small: a full file is renamed and its writer told to open a new
// one, then the old one is compressed. What processes print by themselves goes through a
// descriptor nobody can move, so that file is emptied in place after its end was kept.
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface RotationLimits {
  fileBytesMax: number;
  filesMax: number;
  totalBytesMax: number;
}

export interface LogRotation {
  /** Looks at every file once; resolves when nothing is left to do now. */
  check(): Promise<void>;
}

export interface RotationOptions {
  limits: RotationLimits;
  /** Log files whose writer reopens them when `reopen` is called. */
  logs: () => { path: string; reopen: () => void }[];
  /** Files written through inherited descriptors. */
  outputs: () => string[];
  directory: string;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function makeRoom(path: string, filesMax: number): void {
  for (let age = filesMax; age >= 1; age--) {
    for (const ending of ['', '.gz']) {
      const from = `${path}.${age}${ending}`;
      if (!existsSync(from)) continue;
      if (age >= filesMax) rmSync(from, { force: true });
      else renameSync(from, `${path}.${age + 1}${ending}`);
    }
  }
}

function keepTail(path: string, bytesMax: number): void {
  const size = sizeOf(path);
  const tail = Buffer.alloc(Math.min(size, bytesMax));
  const file = openSync(path, 'r');
  try {
    const read = readSync(file, tail, 0, tail.length, size - tail.length);
    writeFileSync(`${path}.1`, tail.subarray(0, read), { mode: 0o640 });
  } finally {
    closeSync(file);
  }
  truncateSync(path, 0);
}

async function compress(path: string): Promise<void> {
  const unfinished = `${path}.gz.tmp`;
  await pipeline(
    createReadStream(path),
    createGzip(),
    createWriteStream(unfinished, { mode: 0o640 }),
  );
  renameSync(unfinished, `${path}.gz`);
  rmSync(path, { force: true });
}

const rotatedName = /\.log\.\d+(\.gz)?(\.tmp)?$/;

function removeOldest(directory: string, bytesMax: number): void {
  const rotated = readdirSync(directory)
    .filter((name) => rotatedName.test(name))
    .map((name) => ({ path: join(directory, name), stat: statSync(join(directory, name)) }))
    .sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
  let total = 0;
  for (const { path, stat } of rotated) {
    total += stat.size;
    if (total > bytesMax) rmSync(path, { force: true });
  }
}

export function createLogRotation(options: RotationOptions): LogRotation {
  const { limits, logs, outputs, directory } = options;
  let running: Promise<void> | undefined;

  const checkAll = async (): Promise<void> => {
    const compressible: string[] = [];
    for (const { path, reopen } of logs()) {
      // Renamed at an earlier check, so its writer has had the time to let go of it.
      if (existsSync(`${path}.1`)) compressible.push(`${path}.1`);
      else if (sizeOf(path) > limits.fileBytesMax) {
        makeRoom(path, limits.filesMax);
        renameSync(path, `${path}.1`);
        reopen();
      }
    }
    for (const path of outputs()) {
      if (sizeOf(path) > limits.fileBytesMax) {
        makeRoom(path, limits.filesMax);
        keepTail(path, limits.fileBytesMax);
        compressible.push(`${path}.1`);
      }
    }
    for (const path of compressible) await compress(path);
    removeOldest(directory, limits.totalBytesMax);
  };

  return {
    check: () => {
      running ??= checkAll().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}
