// What collectors may ask of the machine: files, directories, file systems, a few constants. Tests
// put captured text in its place.
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  type StatsFs,
  statfs,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../core/errors.ts';

export interface FileSystemSpace {
  /** Bytes of one block, the unit of the block counts. */
  blockBytes: number;
  blocks: number;
  blocksFree: number;
  /** Free for unprivileged users. */
  blocksAvailable: number;
  inodes: number;
  inodesFree: number;
}

export interface Host {
  platform: NodeJS.Platform;
  pageBytes: number;
  /** The unit of CPU times in /proc, per second. */
  ticksPerSecond: number;
  /** The text of a file; undefined when it is not there, vanishes or may not be read. */
  readText(path: string): string | undefined;
  /** The bytes of a file, like readText. The view is valid until the next call. */
  readBytes(path: string): Uint8Array | undefined;
  /**
   * The bytes of a file the kernel hands out in one read (/proc/<pid>/stat and its like). The view
   * is valid until the next call.
   */
  readOnce(path: string): Uint8Array | undefined;
  /** Names in a directory, unsorted; undefined like readText. */
  list(path: string): string[] | undefined;
  /** Names of the directories in a directory; undefined like readText. */
  directories(path: string): string[] | undefined;
  /** Space of the file system mounted at `path`; rejects where the system does. */
  space(path: string): Promise<FileSystemSpace>;
}

const onceBytes = 8192;
const firstBytes = 65_536;
const fileBytesMax = 64 * 1024 * 1024;
const auxiliaryPageSize = 6; // AT_PAGESZ
const auxiliaryClockTicks = 17; // AT_CLKTCK

// What reading a file of /proc or /sys may meet when a process, a device or a permission is not
// there (any more). Everything else is a fault of ours.
const goneCodes = new Set([
  'ENOENT',
  'ESRCH',
  'EACCES',
  'EPERM',
  'ENOTDIR',
  'EINVAL',
  'ENODEV',
  'EIO',
  'EOPNOTSUPP',
  'EAGAIN',
  'ENODATA',
]);

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (goneCodes.has(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

// Node has no sysconf; the kernel passes the same constants to every program.
function readAuxiliaryVector(): Map<number, number> {
  const values = new Map<number, number>();
  try {
    const bytes = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= bytes.length; at += 16)
      values.set(Number(bytes.readBigUInt64LE(at)), Number(bytes.readBigUInt64LE(at + 8)));
  } catch {
    // Not Linux: the defaults below are right there or not used.
  }
  return values;
}

const spaceOf = (found: StatsFs & { frsize?: number }): FileSystemSpace => ({
  blockBytes: found.frsize ?? found.bsize,
  blocks: found.blocks,
  blocksFree: found.bfree,
  blocksAvailable: found.bavail,
  inodes: found.files,
  inodesFree: found.ffree,
});

export interface HostDirectories {
  proc: string;
  sys: string;
  root: string;
}

/**
 * The machine this process runs on, or the one whose directories are mounted elsewhere. Not for use
 * by two threads at once: it reuses its buffers.
 */
export function createHost(
  { proc, sys, root }: HostDirectories = { proc: '/proc', sys: '/sys', root: '/' },
): Host {
  const isForeign = proc !== '/proc';
  // Seen from a container, the host's own mounts are those of its first process.
  const place = (path: string): string => {
    if (path.startsWith('/sys/')) return `${sys}${path.slice(4)}`;
    if (!path.startsWith('/proc') || !isForeign) return path;
    return `${proc}${path.slice(5).replace(/^\/(self|net)\//, (_, part: string) => (part === 'net' ? '/1/net/' : '/1/'))}`;
  };

  const auxiliary = readAuxiliaryVector();
  const once = Buffer.allocUnsafeSlow(onceBytes);
  let buffer = Buffer.allocUnsafeSlow(firstBytes);

  const readAll = (file: number): number => {
    let length = 0;
    for (;;) {
      if (length === buffer.length) {
        if (length >= fileBytesMax) return length;
        const larger = Buffer.allocUnsafeSlow(buffer.length * 2);
        buffer.copy(larger);
        buffer = larger;
      }
      const read = readSync(file, buffer, length, buffer.length - length, null);
      if (read === 0) return length;
      length += read;
    }
  };

  const readWhole = (path: string): number | undefined =>
    unlessGone(() => {
      const file = openSync(place(path), 'r');
      try {
        return readAll(file);
      } finally {
        closeSync(file);
      }
    });

  return {
    platform: process.platform,
    pageBytes: auxiliary.get(auxiliaryPageSize) ?? 4096,
    ticksPerSecond: auxiliary.get(auxiliaryClockTicks) ?? 100,
    readText: (path) => {
      const length = readWhole(path);
      return length === undefined ? undefined : buffer.toString('utf8', 0, length);
    },
    readBytes: (path) => {
      const length = readWhole(path);
      return length === undefined ? undefined : buffer.subarray(0, length);
    },
    readOnce: (path) =>
      unlessGone(() => {
        const file = openSync(place(path), 'r');
        try {
          return once.subarray(0, readSync(file, once, 0, onceBytes, null));
        } finally {
          closeSync(file);
        }
      }),
    list: (path) => unlessGone(() => readdirSync(place(path))),
    directories: (path) =>
      unlessGone(() =>
        readdirSync(place(path), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => entry.name),
      ),
    space: (path) =>
      new Promise((resolve, reject) => {
        statfs(join(root, path), (error, found) => {
          if (error === null) resolve(spaceOf(found));
          else reject(error);
        });
      }),
  };
}

/** Space of the file system of `path` at once; for the spool's own disk, never for foreign mounts. */
export const spaceNow = (path: string): FileSystemSpace => spaceOf(statfsSync(path));
