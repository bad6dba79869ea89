// Puts a kit into an instance: hard links where the file system allows them, else copies. The
// unpacked kit can be deleted afterwards.
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { exitCodes, OperatingError } from '../bundle/core/errors.ts';

const neededParts = ['bin/dkm', 'lib/supervisor.js', 'lib/dkm.js', 'templates', 'VERSION'];

/** Throws when `root` is not a complete kit. */
export function checkKit(root: string): void {
  const missing = neededParts.filter((part) => !existsSync(join(root, part)));
  if (missing.length === 0) return;
  throw new OperatingError(
    'incomplete-kit',
    `${root} is not a complete kit, it lacks ${missing.join(', ')}: unpack the tarball again`,
    { exitCode: exitCodes.unavailable },
  );
}

function placeFile(from: string, to: string, mayLink: boolean): boolean {
  if (mayLink) {
    try {
      linkSync(from, to);
      return true;
    } catch {
      // Another file system, or a file of another owner: copied from here on.
    }
  }
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  return false;
}

/** Reproduces the tree `from` as `to`, which must not exist. */
export function copyKit(from: string, to: string): void {
  let mayLink = true;
  const copyDirectory = (source: string, target: string): void => {
    mkdirSync(target);
    for (const name of readdirSync(source)) {
      const path = join(source, name);
      const destination = join(target, name);
      const stat = lstatSync(path);
      if (stat.isDirectory()) copyDirectory(path, destination);
      else if (stat.isSymbolicLink()) symlinkSync(readlinkSync(path), destination);
      else mayLink = placeFile(path, destination, mayLink);
    }
    chmodSync(target, 0o755);
  };
  copyDirectory(from, to);
}
