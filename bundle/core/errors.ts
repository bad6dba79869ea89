// Errors a person can act on. Programmer errors are ordinary exceptions and end the process.

/** Exit codes shared by every program of the bundle (sysexits where one fits). */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  unavailable: 69, // a port is taken, a directory cannot be written
  config: 78, // a configuration file is wrong
} as const;

export interface OperatingErrorOptions {
  cause?: unknown;
  exitCode?: number;
}

/**
 * Something outside the program went wrong: bad input, a full disk, a peer that is gone.
 * `code` is stable and may be matched; `message` is a whole sentence for the user and is
 * printed without a stack trace.
 */
export class OperatingError extends Error {
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, options: OperatingErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OperatingError';
    this.code = code;
    this.exitCode = options.exitCode ?? exitCodes.failure;
  }
}

/** The message of anything thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}

/** The `code` of a system or operating error, or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error.code;
  return undefined;
}
