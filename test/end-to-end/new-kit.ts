// Other versions of the kit under test, with changes where a test wants them.
import {
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Sandbox } from './instance.ts';

function linkTree(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    const stat = lstatSync(source);
    if (stat.isDirectory()) linkTree(source, target);
    else if (stat.isSymbolicLink()) cpSync(source, target, { verbatimSymlinks: true });
    else linkSync(source, target);
  }
}

/** Replaces a file of a kit; the file it was linked from stays as it was. */
export function replaceFile(root: string, path: string, content: string | Uint8Array): void {
  rmSync(join(root, path), { force: true });
  writeFileSync(join(root, path), content);
}

/** The sandbox's kit as another version, unpacked beside it. */
export function kitOfVersion(
  sandbox: Sandbox,
  version: string,
  change: (root: string) => void = () => {},
): string {
  const root = join(sandbox.directory, `dkumonitor-${version}`);
  linkTree(sandbox.kit, root);
  replaceFile(root, 'VERSION', `${version}\n`);
  replaceFile(root, 'package.json', `{"type":"module","version":"${version}"}\n`);
  change(root);
  return root;
}

/** Packs a kit into a tarball beside it; the unpacked one is removed. */
export async function packed(sandbox: Sandbox, root: string): Promise<string> {
  const tarball = `${root}.tar.gz`;
  const words = ['-I', 'gzip -1', '-cf', tarball, '-C', dirname(root), basename(root)];
  const { exitCode, stderr } = await sandbox.run('tar', words);
  if (exitCode !== 0) throw new Error(`cannot pack ${root}: ${stderr}`);
  rmSync(root, { recursive: true });
  return tarball;
}
