// The Node runtime that ships: fetched from the registry, held against the pinned hash, stripped of
// its symbols where the machine has the tool for it.
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { extract } from 'tar';
import { OperatingError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest-name.ts';
import { hostPlatform, projectRoot } from '../develop/project.ts';
import runtimes from './runtimes.json' with { type: 'json' };

export interface RuntimePin {
  package: string;
  version: string;
  /** npm's own hash of the package archive. */
  integrity: string;
}

export type Platform = string;

export const platforms: readonly Platform[] = Object.keys(runtimes);

export function runtimePin(platform: Platform): RuntimePin {
  const pin = (runtimes as Record<string, RuntimePin>)[platform];
  if (pin === undefined) {
    throw new OperatingError(
      'unknown-platform',
      `unknown platform ${platform}${didYouMean(platform, platforms)}; known: ${platforms.join(', ')}`,
      { exitCode: 2 },
    );
  }
  return pin;
}

async function fetchArchive(pin: RuntimePin): Promise<string> {
  const cache = join(projectRoot, 'build', 'cache');
  await mkdir(cache, { recursive: true });
  const archive = join(cache, `${pin.package}-${pin.version}.tgz`);
  const isGood = async (): Promise<boolean> => {
    try {
      const hash = createHash('sha512')
        .update(await readFile(archive))
        .digest('base64');
      return `sha512-${hash}` === pin.integrity;
    } catch {
      return false;
    }
  };
  if (await isGood()) return archive;
  const spec = `${pin.package}@${pin.version}`;
  await execa('npm', ['pack', spec, '--pack-destination', cache, '--loglevel=error'], {
    cwd: cache,
  });
  if (!(await isGood())) {
    await rm(archive, { force: true });
    throw new OperatingError('bad-hash', `the archive of ${spec} does not have the pinned hash`);
  }
  return archive;
}

/** `strip` of this machine, or of its cross tools, that understands `platform`'s binaries. */
async function stripTool(platform: Platform): Promise<string | undefined> {
  if (!platform.startsWith('linux-')) return undefined; // stripping breaks macOS's code signature
  const cross = platform === 'linux-arm64' ? 'aarch64-linux-gnu-strip' : 'x86_64-linux-gnu-strip';
  for (const tool of platform === hostPlatform ? ['strip', cross] : [cross]) {
    const { exitCode } = await execa(tool, ['--version'], { reject: false });
    if (exitCode === 0) return tool;
  }
  return undefined;
}

/** Puts `node` and its licence into `directory`; returns what was done, for the build log. */
export async function placeRuntime(
  platform: Platform,
  directory: string,
  licenseDirectory: string,
): Promise<string> {
  const pin = runtimePin(platform);
  const ready = join(projectRoot, 'build', 'cache', `${pin.package}-${pin.version}-ready`);
  const isReady = await readdir(ready).then(
    (names) => names.length >= 3,
    () => false,
  );
  if (!isReady) {
    const archive = await fetchArchive(pin);
    const beside = await mkdtemp(`${ready}.`);
    await extract({
      file: archive,
      cwd: beside,
      strip: 1,
      filter: (path) => /^package\/(bin\/node|LICENSE)$/.test(path),
    });
    const tool = await stripTool(platform);
    await rename(join(beside, 'bin', 'node'), join(beside, 'node'));
    await rm(join(beside, 'bin'), { recursive: true });
    if (tool !== undefined) await execa(tool, [join(beside, 'node')]);
    await execa('sh', ['-c', `echo ${tool === undefined ? 'unstripped' : 'stripped'} >note`], {
      cwd: beside,
    });
    await rm(ready, { recursive: true, force: true });
    await rename(beside, ready);
  }
  await mkdir(directory, { recursive: true });
  await copyFile(join(ready, 'node'), join(directory, 'node'));
  await chmod(join(directory, 'node'), 0o755);
  await copyFile(join(ready, 'LICENSE'), join(licenseDirectory, 'LICENSE-node.txt'));
  const note = (await readFile(join(ready, 'note'), 'utf8')).trim();
  return `Node ${pin.version} for ${platform}, ${note}`;
}
