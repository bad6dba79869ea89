// Runs programs of the system. The one file that knows execa.
import { execa } from 'execa';

export interface CommandResult {
  /** 127 when the program cannot be run at all. */
  code: number;
  /** What it printed, standard output and error together. */
  output: string;
}

/** Runs a program to its end; never throws. */
export async function runCommand(
  program: string,
  words: readonly string[],
  options: { cwd?: string; timeoutMs?: number; env?: Record<string, string> } = {},
): Promise<CommandResult> {
  const { cwd, timeoutMs, env } = options;
  const result = await execa(program, [...words], {
    all: true,
    reject: false,
    stdin: 'ignore',
    // Not the caller's directory, which may be gone or closed to the program.
    cwd: cwd ?? '/',
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(env === undefined ? {} : { env }),
  });
  return {
    code: result.exitCode ?? 127,
    output: result.all || (result.shortMessage ?? ''),
  };
}
