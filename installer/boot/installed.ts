// Finds the boot files of an instance by the mark in them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type InitSystem, markOf } from './boot-plan.ts';

/** The files of `init` that start the instance in `home`, under whatever name. */
export function bootFilesOf(init: InitSystem, home: string): string[] {
  const directory = dirname(init.pathOf('dkumonitor'));
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.includes('dkumonitor'))
    .map((name) => join(directory, name))
    .filter((path) => {
      try {
        return readFileSync(path, 'utf8').includes(markOf(home));
      } catch {
        return false; // a directory of drop-ins
      }
    });
}
