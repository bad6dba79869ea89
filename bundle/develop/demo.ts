// The demo instance behind `npm start` and `npm stop`: dist/demo, of type all.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { OperatingError } from '../core/errors.ts';
import { projectRoot } from './project.ts';

export const demoDirectory = join(projectRoot, 'dist', 'demo');
const defaultBasePort = 27600;

/** The base port asked for with PORT=, or the usual one. */
export function askedBasePort(environment: NodeJS.ProcessEnv = process.env): number {
  const text = environment['PORT'];
  if (text === undefined || text === '') return defaultBasePort;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65520) {
    throw new OperatingError('bad-port', `PORT=${text} is not a base port: give 1 to 65520`);
  }
  return port;
}

/** What conf/instance.json of the demo says, or undefined when it is not installed. */
export function installedDemo(): { basePort: number } | undefined {
  const file = join(demoDirectory, 'conf', 'instance.json');
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as { basePort: number };
}

export const isRoot = process.getuid?.() === 0;

/** dkm and the installer refuse root; the demo allows it, saying so. */
export const rootFlags = isRoot ? ['--allow-root'] : [];

/** Runs a program of the demo, its output shown; a failure ends with its exit code. */
export async function runShown(command: string, args: readonly string[]): Promise<void> {
  const result = await execa(command, args, { stdio: 'inherit', reject: false });
  if (result.exitCode !== 0) {
    throw new OperatingError(
      'command-failed',
      `${command} ${args.join(' ')} ended with exit code ${result.exitCode ?? result.signal}`,
    );
  }
}
