// Whether the disk has room for what an installation or an update writes, asked before it writes.
import { existsSync, lstatSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exitCodes, OperatingError } from '../bundle/core/errors.ts';

const megabyte = 2 ** 20;
const blockBytes = 4096;
/** Configuration, dashboards, links and logs, with some room to start. */
const besidesBytes = 16 * megabyte;

function bytesOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => {
    const path = join(directory, name);
    const stat = lstatSync(path);
    const content = stat.isDirectory()
      ? bytesOf(path)
      : Math.ceil(stat.size / blockBytes) * blockBytes;
    return sum + content;
  }, blockBytes);
}

function existingParent(path: string): string {
  return existsSync(path) ? path : existingParent(dirname(path));
}

// On the same disk the files of one's own kit become hard links, which take no room.
function isLinkable(kit: string, place: string): boolean {
  const stat = statSync(kit);
  const user = process.geteuid?.();
  return stat.dev === statSync(place).dev && (user === 0 || stat.uid === user);
}

/** Throws unless the disk of `home`, which need not exist yet, has room for `bytes`. */
export function checkFreeBytes(home: string, what: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(existingParent(home));
  if (bavail * bsize >= bytes) return;
  const inMegabytes = (count: number): number => Math.ceil(count / megabyte);
  throw new OperatingError(
    'disk-full',
    `${home} has ${Math.floor((bavail * bsize) / megabyte)} MB free, ${what} needs ${inMegabytes(bytes)} MB`,
    { exitCode: exitCodes.unavailable },
  );
}

/** Throws unless the disk of `home`, which need not exist yet, has room for the kit `kit`. */
export function checkSpaceForKit(home: string, what: string, kit: string): void {
  const kitBytes = isLinkable(kit, existingParent(home)) ? 0 : bytesOf(kit);
  checkFreeBytes(home, what, kitBytes + besidesBytes);
}
