// The same sources give the same tarball, wherever and by whomever it is built.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { execa } from 'execa';
import { hostPlatform, kitName, projectRoot } from '../../bundle/develop/project.ts';

const cache = 'build/cache';
const sources = [
  'LICENSE',
  'bundle',
  'installer',
  'node_modules',
  'package-lock.json',
  'package.json',
  'templates',
  'tsconfig.json',
];
const skip = process.platform === 'linux' ? false : 'links the sources with GNU cp';

/** Builds the tarball in `directory`, of links to the project's files; returns what was written beside it. */
async function built(directory: string, umask: string, zone: string): Promise<string> {
  mkdirSync(join(directory, 'build'), { recursive: true });
  const link = (path: string): Promise<unknown> =>
    execa('cp', ['-al', join(projectRoot, path), join(directory, path)]);
  for (const path of sources) await link(path);
  if (existsSync(join(projectRoot, cache))) await link(cache);
  const words = ['-c', `umask ${umask}; exec "$0" bundle/packaging/main.ts`, process.execPath];
  await execa('sh', words, { cwd: directory, env: { TZ: zone } });
  const archive = join(directory, 'dist', `${kitName}-${hostPlatform}.tar.gz`);
  return readFileSync(`${archive}.sha256`, 'utf8');
}

test('two builds in two directories give the same bytes', { skip }, async (t) => {
  mkdirSync(join(projectRoot, 'build'), { recursive: true });
  // Inside the project, because links do not cross file systems.
  const top = mkdtempSync(join(projectRoot, 'build', 'reproducible-'));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const first = await built(join(top, 'one'), '022', 'UTC');
  const second = await built(join(top, 'a deeper', 'place'), '077', 'Asia/Tokyo');
  assert.match(first, /^[0-9a-f]{64} /);
  assert.equal(second, first);
});
