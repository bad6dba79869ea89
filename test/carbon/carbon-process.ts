// A carbon process of its own for tests: in a temporary instance directory, on free ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../bundle/carbon/main.ts', import.meta.url));

export const defaultSchemas = '[all]\npattern = .*\nretentions = 1s:1h,1m:1d\n';

export interface CarbonProcess {
  directory: string;
  /** Ports by door: tcp, udp, carbonserver, pickle, protobuf, http. */
  ports: Record<string, number>;
  pid: number;
  /** Everything logged so far. */
  log(): string;
  /** Ends it with the signal; resolves with the exit code, null when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** An instance directory with rules and the given carbon.yml (as JSON, which is YAML). */
export function makeInstance(config: object, schemas = defaultSchemas): string {
  const directory = mkdtempSync(join(tmpdir(), 'carbon-test-'));
  mkdirSync(join(directory, 'conf'));
  writeFileSync(join(directory, 'conf/storage-schemas.conf'), schemas);
  writeConfig(directory, config);
  return directory;
}

export function writeConfig(directory: string, config: object): void {
  const whole = {
    plaintext: { listen: '127.0.0.1:0' },
    carbonserver: { listen: '127.0.0.1:0' },
    selfMetrics: { enabled: false },
    ...config,
  };
  writeFileSync(join(directory, 'conf/carbon.yml'), JSON.stringify(whole));
}

/** By instance directory, those that were started. */
const started = new Map<string, ChildProcess[]>();

/** Ends what runs in the instance, however its test went: it would write while its files are removed. */
export function removeInstance(directory: string): void {
  for (const child of started.get(directory) ?? []) child.kill('SIGKILL');
  started.delete(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

/**
 * Starts carbon in `directory`, which may open `openFiles` files; resolves once it is ready, throws
 * with its log when it ends.
 */
export async function startCarbonProcess(
  directory: string,
  openFiles?: number,
): Promise<CarbonProcess> {
  const command = [process.execPath, '--no-warnings', entry];
  if (openFiles !== undefined)
    command.unshift('sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`);
  const child: ChildProcess = spawn(command[0] as string, command.slice(1), {
    cwd: directory,
    // Tests start carbon dozens of times: the sources are stripped of their types once.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'carbon-test-compile-cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.set(directory, [...(started.get(directory) ?? []), child]);
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      if (/ info ready /.test(text)) resolve();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', () => reject(new Error(`carbon ended at once:\n${text}`)));
  });
  const ports: Record<string, number> = {};
  for (const [, name, port] of text.matchAll(/door=(\S+) host=\S+ port=(\d+)/g))
    ports[name as string] = Number(port);
  return {
    directory,
    ports,
    pid: child.pid as number,
    log: () => text,
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const gone = once(child, 'exit');
      child.kill(signal);
      const [code] = (await gone) as [number | null];
      return code;
    },
  };
}

/** Sends over TCP, half-closes, and waits until carbon has consumed everything and closes. */
export async function sendTcp(port: number, data: string | Uint8Array): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.resume();
  socket.end(data);
  await once(socket, 'close');
}

/** Waits until `condition` gives something; fails with `what` after ten seconds. */
export async function waitFor<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  milliseconds = 10_000,
): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
