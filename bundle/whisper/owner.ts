// A file that replaces another belongs to whom the other belonged to, even when root made it.
import { chmodSync, chownSync, statSync } from 'node:fs';

/** Gives `path` the owner, group and mode of `like`. */
export function adoptOwner(path: string, like: string): void {
  const wanted = statSync(like);
  const { uid, gid } = statSync(path);
  if (uid !== wanted.uid || gid !== wanted.gid) chownSync(path, wanted.uid, wanted.gid);
  chmodSync(path, wanted.mode & 0o7777);
}
