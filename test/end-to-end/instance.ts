// An installation from the real tarball for end-to-end tests: unpacked in a temporary directory, run by
// an unprivileged user whose PATH has neither Node nor Python.
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { hostPlatform, kitName, projectRoot } from '../../bundle/develop/project.ts';

const nobody = 65534;
const isRoot = process.getuid?.() === 0;

/** The tarball under test: DKM_TARBALL, or built now. */
export async function tarball(): Promise<string> {
  const given = process.env['DKM_TARBALL'];
  if (given !== undefined) return given;
  await execa(process.execPath, [join(projectRoot, 'bundle/packaging/main.ts')], {
    stdio: 'inherit',
  });
  return join(projectRoot, 'dist', `${kitName}-${hostPlatform}.tar.gz`);
}

/** A directory of links to this machine's tools, without Node, npm and Python. */
function bareTools(directory: string): string {
  mkdirSync(directory);
  for (const from of ['/usr/bin', '/bin', '/usr/sbin']) {
    for (const name of readdirSync(from)) {
      const to = join(directory, name);
      if (!/^(node|nodejs|npm|npx|corepack|python.*|pip.*)$/.test(name) && !existsSync(to))
        symlinkSync(join(from, name), to);
    }
  }
  return directory;
}

export interface RunResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  timeoutMs?: number;
  /** Put before the directory of tools in PATH. */
  firstInPath?: string;
}

export interface Sandbox {
  /** The temporary directory that holds everything; its path has a space and is long. */
  directory: string;
  /** The unpacked kit. */
  kit: string;
  /** Runs a program as the unprivileged user with a bare environment; never throws. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  remove(): void;
}

/** Why tests that need root and these programs cannot run here; false when they can. */
export function unlessRootWith(...programs: string[]): string | false {
  if (!isRoot) return 'needs root';
  const places = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  const missing = programs.filter((name) => !places.some((place) => existsSync(join(place, name))));
  return missing.length === 0 ? false : `needs ${missing.join(', ')}`;
}

/**
 * Unpacks the tarball into a fresh directory owned by the unprivileged user. With `networkOf` every
 * program runs in the network namespace of that process.
 */
export async function unpackedKit(options: { networkOf?: number } = {}): Promise<Sandbox> {
  const { networkOf } = options;
  const archive = await tarball();
  const top = mkdtempSync(join(tmpdir(), 'dkm-e2e-'));
  const directory = join(top, `a path with spaces and ${'many '.repeat(20)}characters`);
  mkdirSync(directory, { recursive: true });
  const tools = bareTools(join(top, 'tools'));
  if (isRoot) for (const path of [top, directory]) chownSync(path, nobody, nobody);
  const user = isRoot && networkOf === undefined ? { uid: nobody, gid: nobody } : {};
  const before =
    networkOf === undefined
      ? []
      : `nsenter -t ${networkOf} -n setpriv --reuid=${nobody} --regid=${nobody} --clear-groups`.split(
          ' ',
        );
  const run: Sandbox['run'] = async (command, args, options = {}) => {
    const [program = command, ...words] = [...before, command, ...args];
    const path = options.firstInPath === undefined ? tools : `${options.firstInPath}:${tools}`;
    const result = await execa(program, words, {
      ...user,
      cwd: options.cwd ?? directory,
      env: { PATH: path, HOME: directory, LANG: 'C.UTF-8' },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: options.timeoutMs ?? 120_000,
    });
    return { exitCode: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr };
  };
  const unpacked = await run('tar', ['-xzf', archive]);
  if (unpacked.exitCode !== 0) throw new Error(`cannot unpack ${archive}: ${unpacked.stderr}`);
  return {
    directory,
    kit: join(directory, kitName),
    run,
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '::', () => server.close(() => resolve(true)));
  });
}

const firstPort = 21_000;
const blockSize = 20;
const blocks = 550;
// Far from one another, because files that run side by side have neighbouring process numbers.
const blockStep = 101;
let nextBlock = process.pid;

/** A base port whose whole block of 16 is free; another one at every call. */
export async function freeBasePort(): Promise<number> {
  for (let tried = 0; tried < blocks; tried++) {
    const base = firstPort + (nextBlock % blocks) * blockSize;
    nextBlock += blockStep;
    const free = await Promise.all(Array.from({ length: 16 }, (_, i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free block of ports');
}

/** Waits until `check` gives something other than undefined. */
export async function eventually<T>(
  what: string,
  withinMs: number,
  check: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const result = await check();
      if (result !== undefined) return result;
    } catch (error) {
      last = error;
    }
    await delay(50);
  }
  throw new Error(`${what}: not within ${withinMs} ms`, { cause: last });
}

export interface RenderedSeries {
  target: string;
  datapoints: [number | null, number][];
}

/** Asks carbonapi's /render; throws on anything but 200. */
export async function render(
  apiPort: number,
  target: string,
  from = '-10min',
): Promise<RenderedSeries[]> {
  const query = new URLSearchParams({ target, from, format: 'json' });
  const response = await fetch(`http://127.0.0.1:${apiPort}/render?${query}`);
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as RenderedSeries[];
}

/** The values of a rendered series that are not null. */
export const valuesOf = (series: RenderedSeries | undefined): number[] =>
  series?.datapoints.flatMap(([value]) => (value === null ? [] : [value])) ?? [];

/** Command lines of all processes that mention `text`. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const directory = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return line.includes(text) || directory.includes(text) ? [line] : [];
      } catch {
        return [];
      }
    });
}
