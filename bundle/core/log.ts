// The log of every service: one logfmt line an event on standard output, which the supervisor
// sends to run/<service>.log. Not a metric, not a request log.
import { closeSync, openSync, writeSync } from 'node:fs';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Record<string, string | number | boolean | undefined>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  setLevel(level: LogLevel): void;
}

const valueCharactersMax = 500;

function formatValue(value: string | number | boolean): string {
  const text = String(value);
  const cut = text.length > valueCharactersMax ? `${text.slice(0, valueCharactersMax)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: hostile input must not forge lines
  return /^[^\s"=\\\u0000-\u001f\u007f]+$/.test(cut) ? cut : JSON.stringify(cut);
}

/** A logger that writes through `write`, one complete line (with LF) a call. */
export function createLogger(
  level: LogLevel = 'info',
  write: (line: string) => void = (line) => process.stdout.write(line),
): Logger {
  let threshold = logLevels.indexOf(level);
  const emit = (at: LogLevel, message: string, fields: LogFields = {}): void => {
    if (logLevels.indexOf(at) < threshold) return;
    let line = `${new Date().toISOString()} ${at} ${message.replace(/\s*\n\s*/g, ' ')}`;
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) line += ` ${key}=${formatValue(value)}`;
    }
    write(`${line}\n`);
  };
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
    setLevel: (next) => {
      threshold = logLevels.indexOf(next);
    },
  };
}

/** A logger that drops everything, for tests. */
export const silentLogger: Logger = createLogger('error', () => {});

export interface LogFile {
  write(line: string): void;
  /** Goes on in a new file of the same name, after the old one was moved away. */
  reopen(): void;
}

/** Appends to `path`; a line that cannot be written (full disk) is dropped, never thrown. */
export function openLogFile(path: string): LogFile {
  let file = openSync(path, 'a', 0o640);
  return {
    write: (line) => {
      try {
        writeSync(file, line);
      } catch {
        // Nobody could be told: this is the log.
      }
    },
    reopen: () => {
      try {
        const next = openSync(path, 'a', 0o640);
        closeSync(file);
        file = next;
      } catch {
        // The old file stays in use until the next try.
      }
    },
  };
}
