// What becomes of each configuration file when a new version brings new defaults.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instancePaths } from '../bundle/supervisor/instance.ts';
import type { RenderedFile } from './render-templates.ts';
import { mergeThreeWay } from './three-way-merge.ts';

export type MergeOutcome =
  | 'added' // new in this version
  | 'replaced' // was never edited
  | 'merged' // edited, and the new defaults fit in
  | 'conflict' // edited in the same place: yours stays, the new one lies beside it
  | 'kept'; // nothing new for it

export interface MergedFile {
  /** Relative to the instance directory. */
  path: string;
  outcome: MergeOutcome;
  /** What the file holds afterwards; undefined when it does not exist. */
  content: string | undefined;
  /** What the new version would write into a new installation. */
  fresh: string;
}

const read = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined;

function mergeFile(
  base: string | undefined,
  yours: string | undefined,
  fresh: string,
): Pick<MergedFile, 'outcome' | 'content'> {
  if (yours === undefined) {
    // Removed by the user: it stays away.
    return base === undefined
      ? { outcome: 'added', content: fresh }
      : { outcome: 'kept', content: undefined };
  }
  if (yours === fresh || base === fresh) return { outcome: 'kept', content: yours };
  if (base === undefined) return { outcome: 'conflict', content: yours };
  if (yours === base) return { outcome: 'replaced', content: fresh };
  const { text, conflicts } = mergeThreeWay(base, yours, fresh);
  return conflicts > 0
    ? { outcome: 'conflict', content: yours }
    : { outcome: 'merged', content: text };
}

/** Merges `rendered` (of which only conf files count) into the instance's, on paper. */
export function mergeConfiguration(options: {
  confDirectory: string;
  baseDirectory: string;
  rendered: readonly RenderedFile[];
  /** What the instance itself makes of a file of the kit, so that it does not count as an edit. */
  adapt?(path: string, text: string): string;
}): MergedFile[] {
  const { confDirectory, baseDirectory, rendered, adapt = (_path, text) => text } = options;
  const prefix = `${instancePaths.conf}/`;
  return rendered
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, content: fresh }) => {
      const inside = path.slice(prefix.length);
      const base = read(join(baseDirectory, inside));
      const merged = mergeFile(
        base === undefined ? undefined : adapt(path, base),
        read(join(confDirectory, inside)),
        adapt(path, fresh),
      );
      return { path, fresh, ...merged };
    });
}

/** Every file below `directory`, relative to it. */
export function listFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
