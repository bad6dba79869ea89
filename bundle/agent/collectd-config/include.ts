// A collectd configuration file together with all it includes.
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, join, matchesGlob } from 'node:path';
import { codeOf, messageOf, OperatingError } from '../../core/errors.ts';
import type { CollectdItem } from '../plugins/plugin.ts';
import { parseCollectdConfig, syntaxError } from './parse.ts';

const depthMax = 8;

/** Files an Include names: a file, a directory with all below it, or a pattern. */
function filesOf(item: CollectdItem): string[] {
  const pattern = String(item.values[0] ?? '');
  const filters = item.children
    .filter((child) => child.key.toLowerCase() === 'filter')
    .map((child) => String(child.values[0]));
  const files: string[] = [];
  for (const path of globSync(pattern).sort()) {
    if (!statSync(path).isDirectory()) files.push(path);
    else files.push(...globSync(join(path, '**/*')).filter((file) => statSync(file).isFile()));
  }
  const passes = (file: string): boolean =>
    filters.length === 0 || filters.some((filter) => matchesGlob(basename(file), filter));
  return files.filter(passes).sort();
}

/**
 * Reads `file` and what it includes; `visit` is told each file read. Relative paths in Include are
 * relative to the working directory, as in collectd.
 */
export function readCollectdFile(
  file: string,
  visit: (file: string) => void = () => {},
  depth = 0,
): CollectdItem[] {
  visit(file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new OperatingError('bad-config', `cannot read ${file}: ${reason}`, { cause: error });
  }
  return parseCollectdConfig(text, file).flatMap((item) => {
    if (item.key.toLowerCase() !== 'include') return [item];
    if (depth >= depthMax)
      throw syntaxError(file, item.line, 'files include each other too deeply');
    return filesOf(item).flatMap((one) => readCollectdFile(one, visit, depth + 1));
  });
}
