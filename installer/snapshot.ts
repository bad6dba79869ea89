// A copy of what an update may change, to take it back: configuration, dashboards, environment.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { instancePaths } from '../bundle/supervisor/instance.ts';
import { installedVersion } from './kit-version.ts';

export interface Snapshot {
  directory: string;
  version: string;
  takenAt: string;
  reason: string;
}

const snapshotsDirectory = 'kits/snapshots';
const snapshotsMax = 5;
const parts = [
  [instancePaths.conf, 'conf'],
  [instancePaths.dashboards, 'dashboards'],
  ['kits/conf-base', 'conf-base'],
  ['bin/env-site', 'env-site'],
] as const;

function place(from: string, to: string): void {
  if (existsSync(from))
    cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

/** Copies the present state; the oldest snapshots beyond a few are removed. */
export function takeSnapshot(home: string, reason: string, now: Date = new Date()): Snapshot {
  const takenAt = now.toISOString();
  const name = takenAt.replace(/[:.]/g, '-');
  const directory = join(home, snapshotsDirectory, name);
  const unfinished = `${directory}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  for (const [from, to] of parts) place(join(home, from), join(unfinished, to));
  const about = { version: installedVersion(home), takenAt, reason };
  writeFileSync(join(unfinished, 'snapshot.json'), `${JSON.stringify(about)}\n`);
  renameSync(unfinished, directory);
  for (const old of listSnapshots(home).slice(0, -snapshotsMax)) {
    rmSync(old.directory, { recursive: true, force: true });
  }
  return { directory, ...about };
}

/** The snapshots of an instance, oldest first. */
export function listSnapshots(home: string): Snapshot[] {
  const top = join(home, snapshotsDirectory);
  if (!existsSync(top)) return [];
  return readdirSync(top)
    .filter((name) => existsSync(join(top, name, 'snapshot.json')) && !name.endsWith('.tmp'))
    .sort()
    .map((name) => {
      const directory = join(top, name);
      const about = JSON.parse(readFileSync(join(directory, 'snapshot.json'), 'utf8')) as Omit<
        Snapshot,
        'directory'
      >;
      return { directory, ...about };
    });
}

/** Puts the files of a snapshot back. Each part is exchanged whole. */
export function restoreSnapshot(home: string, { directory }: Snapshot): void {
  for (const [to, from] of parts) {
    const source = join(directory, from);
    const target = join(home, to);
    if (!existsSync(source)) continue;
    const beside = `${target}.restored`;
    const aside = `${target}.replaced`;
    rmSync(beside, { recursive: true, force: true });
    rmSync(aside, { recursive: true, force: true });
    place(source, beside);
    if (existsSync(target)) renameSync(target, aside);
    renameSync(beside, target);
    rmSync(aside, { recursive: true, force: true });
  }
}
