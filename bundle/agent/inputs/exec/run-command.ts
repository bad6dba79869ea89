// Runs one command in a process group of its own, with bounded output and time; afterwards nothing of
// the group is left.
import { spawn } from 'node:child_process';
import type { Command } from './options.ts';

export type RunEnd = 'exited' | 'timeout' | 'too-much-output' | 'not-started';

export interface CommandResult {
  end: RunEnd;
  /** The exit code; 128 + signal for one that was killed. */
  exitCode: number;
  stdout: string;
  stderr: string;
  milliseconds: number;
}

const stderrBytesMax = 4096;
const signalBase = 128;

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // the group has ended by itself
  }
}

function environmentOf(command: Command): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'TZ'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...command.environment };
}

/** Resolves when the command and its group have ended; never rejects. Aborting kills it. */
export function runCommand(
  command: Command,
  outputBytesMax: number,
  signal: AbortSignal,
): Promise<CommandResult> {
  const begun = performance.now();
  const [file, ...args] =
    typeof command.command === 'string' ? ['/bin/sh', '-c', command.command] : command.command;
  return new Promise((resolve) => {
    const child = spawn(file ?? '', args, {
      cwd: command.directory === '' ? undefined : command.directory,
      env: environmentOf(command),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let end: RunEnd = 'exited';
    let failure = '';
    const output: Buffer[] = [];
    let outputBytes = 0;
    let errors = '';
    const stop = (why: RunEnd): void => {
      end = why;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => stop('timeout'), command.timeout * 1000);
    const abort = (): void => killGroup(child.pid);
    signal.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > outputBytesMax) stop('too-much-output');
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < stderrBytesMax)
        errors += chunk.toString('utf8', 0, stderrBytesMax - errors.length);
    });
    child.on('error', (error) => {
      end = 'not-started';
      failure = error.message;
    });
    // a child that keeps the pipe open must not keep us waiting once the command itself is gone
    child.on('exit', () => killGroup(child.pid));
    child.on('close', (code, killedBy) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve({
        end,
        exitCode: code ?? signalBase + (killedBy === 'SIGKILL' ? 9 : 15),
        stdout: Buffer.concat(output).toString('utf8'),
        stderr: failure || errors,
        milliseconds: performance.now() - begun,
      });
    });
  });
}
