// Where the program's own files are: the unpacked kit, or the source tree in development.
import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { entryFiles } from '../services.ts';

/** The directory that holds templates, dashboards and lib (or bundle, from source). */
export function kitRoot(): string {
  const given = process.env['DKUMONITOR_ROOT'];
  if (given !== undefined && given !== '') return resolve(given);
  const here = import.meta.dirname;
  return basename(here) === 'lib' ? dirname(here) : resolve(here, '../..');
}

/** The file to run for the entry `name` of bundle/services.ts. */
export function entryFile(name: string, root = kitRoot()): string {
  const bundled = join(root, 'lib', `${name}.js`);
  if (existsSync(bundled)) return bundled;
  return join(root, entryFiles[name] ?? '');
}

/** The Node runtime shipped in the kit, or the one that runs this. */
export function nodeBinary(root = kitRoot()): string {
  const shipped = join(root, 'runtime', 'node');
  return existsSync(shipped) ? shipped : process.execPath;
}

/** What the runtime is told when it runs the supervisor, which is small and never busy. */
export const supervisorFlags: readonly string[] = [
  '--max-semi-space-size=1',
  '--max-old-space-size=128',
  '--expose-gc', // for collectStartGarbage
];

/** `path` as seen from `home` when it lies inside, so that moving `home` does not break it. */
export function fromHome(home: string, path: string): string {
  const seen = relative(home, path);
  if (seen === '' || seen.startsWith('..') || isAbsolute(seen)) return path;
  return `./${seen}`;
}
