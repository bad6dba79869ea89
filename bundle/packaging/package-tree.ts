// Installed npm packages as the lockfile knows them, their licences, and the pruned copy of pm2's tree
// that ships (our own code is bundled; pm2 looks for its files on disk and cannot be).
import { readFileSync } from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { filesLoadedBy } from '../develop/build.ts';
import { projectRoot } from '../develop/project.ts';

interface LockEntry {
  version: string;
  integrity?: string;
}

export interface ShippedPackage {
  name: string;
  version: string;
  /** SPDX expression or the package's own words. */
  license: string;
  integrity: string | undefined;
  directory: string;
}

const lock = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockEntry>;
};

/** Lockfile keys of the packages whose files esbuild put into the bundle, sorted. */
export function bundledPackages(inputs: Iterable<string>): string[] {
  const keys = new Set<string>();
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match?.[1] !== undefined) keys.add(match[1]);
  }
  return [...keys].sort();
}

// The engine is all of pm2 that the supervisor loads; the rest is its command line, its cloud agent
// and their dependencies.
const supervisorEntry = 'node_modules/pm2/lib/God.js';

/** Lockfile keys of pm2 and of every package that its engine can load, also late, sorted. */
export async function supervisorPackages(): Promise<string[]> {
  return bundledPackages(await filesLoadedBy(supervisorEntry));
}

function licenseText(manifest: { license?: unknown; licenses?: unknown }): string {
  const { license, licenses } = manifest;
  if (typeof license === 'string') return license;
  const listed = Array.isArray(licenses) ? licenses : [license];
  const types = listed.flatMap((entry) =>
    typeof entry === 'object' && entry !== null && 'type' in entry ? [String(entry.type)] : [],
  );
  return types.join(' OR ') || 'see its files';
}

export async function describePackage(key: string): Promise<ShippedPackage> {
  const directory = join(projectRoot, key);
  const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: unknown;
    licenses?: unknown;
  };
  return {
    name: manifest.name,
    version: manifest.version,
    license: licenseText(manifest),
    integrity: lock.packages[key]?.integrity,
    directory,
  };
}

/** Licence and notice files of a package. */
export async function licenseFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => /^(licen[cs]e|copying|notice|gnu-agpl)/i.test(name))
    .sort()
    .map((name) => join(directory, name));
}

// What pm2 needs at run time is kept; what only a developer or its interactive monitor reads is not.
const droppedDirectories = new Set([
  'test',
  'tests',
  'docs',
  'doc',
  'example',
  'examples',
  '.github',
]);
const droppedPaths = [/^dayjs\/(esm|locale)\//];
const droppedFiles = /\.(map|d\.ts|d\.mts|d\.cts|md|markdown|ts|flow)$/i;
const keptFiles = /^(licen[cs]e|copying|notice)/i;

/** Copies `keys` (lockfile keys) below `destination`, pruned. */
export async function copyPackages(keys: readonly string[], destination: string): Promise<void> {
  for (const key of keys) {
    const name = key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const source = join(projectRoot, key);
    await cp(source, join(destination, key.slice('node_modules/'.length)), {
      recursive: true,
      filter: (path) => {
        const inside = relative(source, path);
        if (inside === '') return true;
        const parts = inside.split(sep);
        if (parts[0] === 'node_modules' || parts[0] === '.bin') return false;
        if (parts.some((part) => droppedDirectories.has(part))) return false;
        if (droppedPaths.some((pattern) => pattern.test(`${name}/${inside}/`))) return false;
        const file = basename(path);
        return keptFiles.test(file) || !droppedFiles.test(file);
      },
    });
  }
}
