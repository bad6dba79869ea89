// An instance in a temporary directory that runs small services under the real supervisor.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { serviceNames } from '../../bundle/services.ts';
import type { SupervisorStatus } from '../../bundle/supervisor/protocol.ts';

const source = resolve(import.meta.dirname, '../..');

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

export interface InstanceForTests {
  home: string;
  /** Runs dkm with these words. */
  dkm(...words: string[]): Promise<Answer>;
  status(): Promise<SupervisorStatus>;
  configure(service: string, config: Record<string, unknown>): void;
  configureSupervisor(config: Record<string, unknown>): void;
  read(path: string): string;
  /** Stops everything and removes the directory. */
  remove(): Promise<void>;
}

/** Resolves once `condition` holds; fails with `what` after 20 s. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((next) => setTimeout(next, 25));
  }
}

/** Makes an instance below a fresh temporary directory, in `name` there. */
export function makeInstance(options: { type?: string; name?: string } = {}): InstanceForTests {
  const top = mkdtempSync(join(tmpdir(), 'dkm-test-'));
  const kit = join(top, 'kit');
  const home = join(top, options.name ?? 'instance');
  mkdirSync(join(kit, 'lib'), { recursive: true });
  mkdirSync(join(kit, 'runtime'));
  symlinkSync(process.execPath, join(kit, 'runtime', 'node'));
  writeFileSync(join(kit, 'package.json'), '{"type":"module"}\n');
  const entry = (name: string, text: string): void =>
    writeFileSync(join(kit, 'lib', `${name}.js`), text);
  entry('supervisor', `import ${JSON.stringify(join(source, 'bundle/supervisor/main.ts'))};\n`);
  for (const name of serviceNames) {
    const file = JSON.stringify(join(import.meta.dirname, 'service-for-tests.ts'));
    entry(name, `import { runServiceForTests } from ${file};\nrunServiceForTests('${name}');\n`);
  }
  mkdirSync(join(home, 'conf'), { recursive: true });
  const write = (file: string, value: unknown): void =>
    writeFileSync(join(home, 'conf', file), `${JSON.stringify(value)}\n`);
  write('instance.json', {
    version: '1.0.0',
    type: options.type ?? 'backend',
    basePort: 27600,
    hostname: 'host.example',
    reversedHostname: 'example.host',
    allowRoot: true,
  });
  for (const name of serviceNames) write(`${name}.yml`, {});
  const configureSupervisor = (config: Record<string, unknown>): void =>
    write('supervisor.yml', { startSecondsMax: 15, ...config });
  configureSupervisor({});

  const dkm = (...words: string[]): Promise<Answer> =>
    new Promise((done) => {
      execFile(
        process.execPath,
        [join(source, 'bundle/supervisor/dkm.ts'), ...words],
        {
          env: {
            PATH: process.env['PATH'],
            DKUMONITOR_ROOT: kit,
            DKUMONITOR_HOME: home,
            SECRET_OF_THE_SHELL: 'x',
          },
          maxBuffer: 64 * 1024 * 1024,
        },
        (error, stdout, stderr) =>
          done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      );
    });
  return {
    home,
    dkm,
    status: async () => JSON.parse((await dkm('status', '--json')).stdout) as SupervisorStatus,
    configure: (service, config) => write(`${service}.yml`, config),
    configureSupervisor,
    read: (path) => readFileSync(join(home, path), 'utf8'),
    remove: async () => {
      await dkm('stop');
      rmSync(top, { recursive: true, force: true });
    },
  };
}

/** The processes whose working directory lies in `home`. */
export function processesIn(home: string): string[] {
  const text = execFileSync(
    'sh',
    ['-c', 'for p in /proc/[0-9]*; do echo "$p $(readlink $p/cwd)"; done 2>/dev/null'],
    { encoding: 'utf8' },
  );
  return text.split('\n').filter((line) => line.split(' ').slice(1).join(' ').startsWith(home));
}
