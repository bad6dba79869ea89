// make-package: builds the tarball a user installs from.
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { OperatingError } from '../core/errors.ts';
import { hostPlatform, kitName, projectRoot } from '../develop/project.ts';
import { archiveKit, type KitFile, listKit } from './archive.ts';
import { platforms, runtimePin } from './runtime.ts';
import { stageKit } from './stage.ts';

interface Options {
  platform: string;
  skipBuild: boolean;
  skipArchive: boolean;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function contentTable(files: readonly KitFile[]): string {
  const parts = new Map<string, { files: number; bytes: number }>();
  for (const { path, bytes } of files) {
    const name = path.includes('/') ? `${path.slice(0, path.indexOf('/'))}/` : path;
    const part = parts.get(name) ?? { files: 0, bytes: 0 };
    parts.set(name, { files: part.files + 1, bytes: part.bytes + bytes });
  }
  const rows = [...parts].sort((a, b) => b[1].bytes - a[1].bytes);
  return rows
    .map(
      ([name, part]) =>
        `  ${name.padEnd(16)} ${megabytes(part.bytes).padStart(10)} ${String(part.files).padStart(6)} files`,
    )
    .join('\n');
}

async function makePackage(options: Options): Promise<void> {
  const names = options.platform.split(',').map((name) => name.trim());
  for (const name of names) runtimePin(name);
  await mkdir(join(projectRoot, 'build'), { recursive: true });
  await mkdir(join(projectRoot, 'dist'), { recursive: true });
  const log = createWriteStream(join(projectRoot, 'build', 'build.log'));
  const begun = performance.now();
  const say = (line: string): void => {
    const stamped = `[${((performance.now() - begun) / 1000).toFixed(1).padStart(5)} s] ${line}`;
    process.stdout.write(`${stamped}\n`);
    log.write(`${stamped}\n`);
  };
  try {
    for (const [index, platform] of names.entries()) {
      const kit = await stageKit({ platform, skipBuild: options.skipBuild || index > 0, say });
      const files = await listKit(kit);
      const total = files.reduce((sum, file) => sum + file.bytes, 0);
      if (!options.skipArchive) {
        const name = `${kitName}-${platform}.tar.gz`;
        const archive = join(projectRoot, 'dist', name);
        say(`writing dist/${name}`);
        const { bytes, sha256 } = await archiveKit(kit, archive);
        await writeFile(`${archive}.sha256`, `${sha256}  ${name}\n`);
        say(`dist/${name}: ${megabytes(bytes)}, sha256 ${sha256}`);
      }
      say(
        `${platform}: ${files.length} files, ${megabytes(total)} unpacked\n${contentTable(files)}`,
      );
    }
  } finally {
    log.end();
  }
}

const program = new Command('make-package')
  .description(
    `Builds dist/${kitName}-<platform>.tar.gz: runtime, services, tools, dashboards, licences.`,
  )
  .option(
    '--platform <list>',
    `one or more of ${platforms.join(', ')}, separated by commas`,
    hostPlatform,
  )
  .option('--skip-build', 'package what dist/js holds already', false)
  .option('--skip-archive', 'only lay out dist/stage, write no tarball', false)
  .addHelpText(
    'after',
    `
Examples:
  ./make-package
  ./make-package --platform linux-x64,linux-arm64
  ./make-package --skip-build --skip-archive

The log is build/build.log.`,
  )
  .allowExcessArguments(false)
  .exitOverride()
  .action(makePackage);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof OperatingError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  } else throw error;
}
