// A small but real kit: the compiled installer, dkm, dkmadmin and supervisor with the launcher and
// the runtime, and small services in place of the large ones.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { version } from '../../bundle/core/version.ts';
import { buildBundle } from '../../bundle/develop/build.ts';
import { copyPackages, supervisorPackages } from '../../bundle/packaging/package-tree.ts';
import { entryFiles, serviceNames } from '../../bundle/services.ts';

const source = resolve(import.meta.dirname, '../..');

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

export interface KitForTests {
  /** The unpacked kit. */
  root: string;
  /** A directory beside it for instances. */
  place: string;
  remove(): void;
}

const programs = ['installer', 'dkm', 'dkmadmin', 'supervisor'];

function placeSmallTemplates(root: string): void {
  mkdirSync(join(root, 'templates', 'conf'), { recursive: true });
  cpSync(join(source, 'templates', 'bin'), join(root, 'templates', 'bin'), { recursive: true });
  for (const file of ['supervisor.yml.hbs', 'storage-schemas.conf.hbs']) {
    copyFileSync(join(source, 'templates/conf', file), join(root, 'templates/conf', file));
  }
  const portOfService = {
    carbon: 'plaintext',
    carbonapi: 'carbonapi',
    grafana: 'dashboards',
  } as const;
  for (const name of serviceNames) {
    const port = name === 'agent' ? '0' : `{{ports.${portOfService[name]}}}`;
    writeFileSync(join(root, 'templates/conf', `${name}.yml.hbs`), `port: ${port}\n`);
  }
}

async function buildSmallServices(root: string): Promise<void> {
  mkdirSync(join(root, 'static'));
  await build({
    absWorkingDir: source,
    entryPoints: [
      ...programs.map((name) => ({ in: entryFiles[name] ?? '', out: name })),
      { in: 'test/supervisor/service-for-tests.ts', out: 'service-for-tests' },
    ],
    outdir: join(root, 'lib'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.18',
    banner: {
      js: "import { createRequire as createBundleRequire } from 'node:module';\nconst require = createBundleRequire(import.meta.url);",
    },
    external: ['pm2'],
    logLevel: 'warning',
  });
  for (const name of serviceNames) {
    writeFileSync(
      join(root, 'lib', `${name}.js`),
      `import { runServiceForTests } from './service-for-tests.js';\nrunServiceForTests('${name}');\n`,
    );
  }
}

/**
 * Builds a kit in a fresh temporary directory; on request with the real services. One that is
 * selfContained holds no link into the checkout, which another user or namespace may not see.
 */
export async function makeKit(
  options: { realServices?: boolean; parent?: string; selfContained?: boolean } = {},
): Promise<KitForTests> {
  const real = options.realServices === true;
  const top = mkdtempSync(join(options.parent ?? tmpdir(), 'dkm-kit-'));
  chmodSync(top, 0o755);
  const root = join(top, `dkumonitor-${version}`);
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'runtime'));
  if (real) await buildBundle(root);
  else await buildSmallServices(root);
  for (const target of ['installer', 'bin/dkm', 'bin/dkmadmin']) {
    copyFileSync(join(source, 'bundle/packaging/stubs/launcher'), join(root, target));
    chmodSync(join(root, target), 0o755);
  }
  if (options.selfContained === true) {
    copyFileSync(process.execPath, join(root, 'runtime', 'node'));
    await copyPackages(await supervisorPackages(), join(root, 'node_modules'));
  } else {
    symlinkSync(process.execPath, join(root, 'runtime', 'node'));
    symlinkSync(join(source, 'node_modules'), join(root, 'node_modules'));
  }
  if (real) cpSync(join(source, 'templates'), join(root, 'templates'), { recursive: true });
  else placeSmallTemplates(root);
  mkdirSync(join(root, 'dashboards'));
  writeFileSync(join(root, 'dashboards', 'system.json'), '{"title":"system"}\n');
  writeFileSync(join(root, 'VERSION'), `${version}\n`);
  writeFileSync(join(root, 'package.json'), `{"type":"module","version":"${version}"}\n`);
  return {
    root,
    place: join(top, 'place'),
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
}

/** Runs a program; never throws. Without a terminal and with little in its environment. */
export function run(
  program: string,
  words: readonly string[],
  options: { uid?: number; env?: Record<string, string>; cwd?: string } = {},
): Promise<Answer> {
  const { uid, env, cwd } = options;
  return new Promise((done) => {
    execFile(
      program,
      [...words],
      {
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
        ...(uid === undefined ? {} : { uid, gid: uid }),
        ...(cwd === undefined ? {} : { cwd }),
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

/** Root must say that it means it. */
export const rootFlag: readonly string[] = process.geteuid?.() === 0 ? ['--allow-root'] : [];
