// The instance directory as the installer sees it: may it be used, what is in it, how a new one
// appears whole or not at all.
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { exitCodes, OperatingError } from '../bundle/core/errors.ts';
import { type ProcessLock, takeLock } from '../bundle/core/process-lock.ts';
import { instancePaths } from '../bundle/supervisor/instance.ts';

/** Holds a new instance until it is complete; also the mark of an installation that was cut off. */
export const stagingName = '.installing';
const lockName = '.install.lock';

// The last one makes the directory an instance.
const commitOrder = [
  'kits',
  'lib',
  'static',
  'share',
  'bin',
  'dashboards',
  'storage',
  'run',
  'conf',
] as const;
// What a restored backup consists of: it may be there before the installation and is kept.
const adoptable = new Set(['storage', 'dashboards', 'lost+found']);

function refuse(message: string): OperatingError {
  return new OperatingError('bad-directory', message, { exitCode: exitCodes.unavailable });
}

const isInside = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);

/** The real path, also of something that does not exist yet. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), basename(path));
}

export const isInstance = (home: string): boolean => existsSync(join(home, instancePaths.instance));

const ours = (name: string): boolean => name === stagingName || name.startsWith(lockName);

/** Throws unless a new instance may be made in `directory`; returns its absolute path. */
export function checkNewDirectory(directory: string, kit: string): string {
  const path = realPath(resolve(directory));
  const kitPath = realPath(kit);
  if (path === '/') throw refuse('the directory / cannot be an instance directory');
  if (isInside(path, kitPath))
    throw refuse(`${path} is the package itself: take a directory outside of it`);
  if (isInside(kitPath, path)) {
    throw refuse(`${path} holds the package: take another directory`);
  }
  const stat = existsSync(path) ? lstatSync(path) : undefined;
  if (stat === undefined) {
    let parent = dirname(path);
    while (!existsSync(parent)) parent = dirname(parent);
    checkWritable(parent, `cannot make ${path}: ${parent} is not writable`);
    return path;
  }
  if (!stat.isDirectory()) throw refuse(`${path} is not a directory`);
  checkWritable(path, `${path} is not writable by this user`);
  if (isInstance(path)) {
    throw refuse(`${path} holds an instance already: --update brings it to this version`);
  }
  const names = readdirSync(path);
  // An installation that was cut off left its mark, and nothing but its own work.
  if (names.includes(stagingName)) return path;
  const foreign = names.filter((name) => !adoptable.has(name) && !ours(name));
  if (foreign.length > 0) {
    throw refuse(
      `${path} is not empty (${foreign.slice(0, 3).join(', ')}): take an empty or a new directory`,
    );
  }
  return path;
}

function checkWritable(path: string, message: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new OperatingError('bad-directory', message, {
      exitCode: exitCodes.unavailable,
      cause: error,
    });
  }
}

/** Throws unless `directory` is an instance this user may change; returns its absolute path. */
export function checkInstanceDirectory(directory: string): string {
  const path = realPath(resolve(directory));
  if (!isInstance(path)) throw refuse(`${path} holds no instance (no ${instancePaths.instance})`);
  checkWritable(path, `${path} is not writable by this user`);
  return path;
}

/** Makes sure that one installer or update works on the instance at a time. */
export function lockDirectory(home: string): ProcessLock {
  const lock = takeLock(join(home, lockName));
  if ('pid' in lock) {
    throw new OperatingError('locked', `another installer works on ${home} (pid ${lock.pid})`, {
      exitCode: exitCodes.unavailable,
    });
  }
  return lock;
}

/** Creates what is missing of `path`; returns the topmost directory it created, if any. */
export function makeDirectory(path: string): string | undefined {
  return mkdirSync(path, { recursive: true });
}

/** An empty staging directory in `home`; what an earlier attempt left is removed first. */
export function beginStaging(home: string): string {
  const staging = join(home, stagingName);
  if (existsSync(staging) && !isInstance(home)) {
    for (const name of commitOrder) {
      if (!adoptable.has(name)) rmSync(join(home, name), { recursive: true, force: true });
    }
  }
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging);
  return staging;
}

/** Moves what was staged into place; the configuration last, with which the instance exists. */
export function commitStaging(home: string): void {
  const staging = join(home, stagingName);
  for (const name of commitOrder) {
    const target = join(home, name);
    if (!existsSync(join(staging, name)) && !isLink(join(staging, name))) continue;
    if (adoptable.has(name) && existsSync(target)) {
      addMissing(join(staging, name), target);
      continue;
    }
    renameSync(join(staging, name), target);
  }
  rmSync(staging, { recursive: true, force: true });
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

function addMissing(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    if (!existsSync(join(to, name))) renameSync(join(from, name), join(to, name));
  }
}

/** Takes back everything a failed installation made inside `home`. */
export function abandonStaging(home: string): void {
  if (isInstance(home) || !existsSync(join(home, stagingName))) return;
  for (const name of commitOrder) {
    if (!adoptable.has(name)) rmSync(join(home, name), { recursive: true, force: true });
  }
  rmSync(join(home, stagingName), { recursive: true, force: true });
}

/** Removes the empty directories from `home` up to `created`, the topmost one that was new. */
export function removeCreated(home: string, created: string | undefined): void {
  if (created === undefined) return;
  try {
    for (let path = home; isInside(path, created); path = dirname(path)) rmdirSync(path);
  } catch {
    // Something else is in it: it stays.
  }
}

/** Makes the link `path` point to `target` (both absolute) by a relative path, replacing atomically. */
function placeLink(path: string, target: string): void {
  const wanted = relative(dirname(path), target);
  if (isLink(path) && readlinkSync(path) === wanted) return;
  const beside = `${path}.new`;
  rmSync(beside, { force: true });
  symlinkSync(wanted, beside);
  renameSync(beside, path);
}

const commandLinks: readonly (readonly [link: string, stub: string])[] = [
  ['dkm', 'bin/dkm'],
  ['dkumonitor', 'bin/dkm'],
  ['dkmadmin', 'bin/dkmadmin'],
  ['dkumonitoradmin', 'bin/dkmadmin'],
];

/** Points everything of the instance in `root` that belongs to the program at the kit `kit`. */
export function linkKit(root: string, kit: string): void {
  mkdirSync(join(root, instancePaths.bin), { recursive: true });
  placeLink(join(root, instancePaths.lib), join(kit, 'lib'));
  placeLink(join(root, instancePaths.static), join(kit, 'static'));
  if (existsSync(join(kit, 'share')))
    placeLink(join(root, instancePaths.share), join(kit, 'share'));
  for (const [link, stub] of commandLinks) {
    placeLink(join(root, instancePaths.bin, link), join(kit, stub));
  }
}
