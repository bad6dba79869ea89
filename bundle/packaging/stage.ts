// Lays out the kit: the directory that becomes the tarball's only top folder.
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { version } from '../core/version.ts';
import { buildBundle } from '../develop/build.ts';
import { kitName, projectRoot } from '../develop/project.ts';
import { writeLicenses } from './licenses.ts';
import {
  bundledPackages,
  copyPackages,
  describePackage,
  supervisorPackages,
} from './package-tree.ts';
import { type Platform, placeRuntime, runtimePin } from './runtime.ts';

export interface StageOptions {
  platform: Platform;
  /** Use the compiled files that are there already. */
  skipBuild: boolean;
  say(line: string): void;
}

const stubs = [
  // One launcher under three names.
  ['launcher', 'installer'],
  ['launcher', 'bin/dkm'],
  ['launcher', 'bin/dkmadmin'],
] as const;

async function placeStubs(kit: string): Promise<void> {
  await mkdir(join(kit, 'bin'), { recursive: true });
  for (const [stub, target] of stubs) {
    await cp(join(projectRoot, 'bundle', 'packaging', 'stubs', stub), join(kit, target));
    await chmod(join(kit, target), 0o755);
  }
}

/** Makes dist/stage/<kit> for `platform` and returns its path. */
export async function stageKit({ platform, skipBuild, say }: StageOptions): Promise<string> {
  const pin = runtimePin(platform);
  const compiled = join(projectRoot, 'dist', 'js');
  if (!skipBuild) {
    const { metafile } = await buildBundle(compiled);
    await writeFile(join(compiled, 'inputs.json'), JSON.stringify(Object.keys(metafile.inputs)));
    say('compiled the services, the command line tools and the viewer');
  }
  const { default: inputs } = (await import(join(compiled, 'inputs.json'), {
    with: { type: 'json' },
  })) as { default: string[] };

  const kit = join(projectRoot, 'dist', 'stage', kitName);
  await rm(kit, { recursive: true, force: true });
  await mkdir(join(kit, 'licenses'), { recursive: true });
  for (const part of ['lib', 'static'])
    await cp(join(compiled, part), join(kit, part), { recursive: true });
  await cp(join(projectRoot, 'templates'), join(kit, 'templates'), { recursive: true });
  await cp(join(projectRoot, 'bundle', 'grafana', 'dashboards'), join(kit, 'dashboards'), {
    recursive: true,
  });
  await placeStubs(kit);
  // Manual pages and completion scripts, which dkmadmin makes from the programs' descriptions.
  await execa(process.execPath, [join(kit, 'lib', 'dkmadmin.js'), 'manuals', join(kit, 'share')]);
  await writeFile(join(kit, 'VERSION'), `${version}\n`);
  await writeFile(
    join(kit, 'package.json'),
    `${JSON.stringify({ name: 'dkumonitor', version, type: 'module', license: 'Apache-2.0' }, undefined, 2)}\n`,
  );
  const besides = await supervisorPackages();
  await copyPackages(besides, join(kit, 'node_modules'));
  say(`copied pm2 and what its engine needs (${besides.length} packages, pruned)`);

  const keys = [...new Set([...bundledPackages(inputs), ...besides])].sort();
  const packages = await Promise.all(keys.map(describePackage));
  await writeLicenses(join(kit, 'licenses'), packages, pin, join(projectRoot, 'LICENSE'));
  say(`collected the licences of ${packages.length} packages`);
  say(`placed ${await placeRuntime(platform, join(kit, 'runtime'), join(kit, 'licenses'))}`);
  return kit;
}
