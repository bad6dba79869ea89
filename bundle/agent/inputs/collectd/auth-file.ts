// Users and passwords for signed and encrypted packets: collectd's AuthFile, `user: password` a line.
// Read again when it changes, so that a new agent needs no restart.
import { readFileSync, statSync } from 'node:fs';
import { messageOf, OperatingError } from '../../../core/errors.ts';

export interface AuthFile {
  passwordOf(user: string): string | undefined;
}

function parse(text: string): Map<string, string> {
  const users = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([^#\s:][^:]*?)\s*:\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) users.set(match[1], match[2]);
  }
  return users;
}

const lookAgainMs = 1000;

/** Throws an OperatingError when the file cannot be read at first; later it keeps what it had. */
export function openAuthFile(path: string, now: () => number): AuthFile {
  if (path === '') return { passwordOf: () => undefined };
  let users: Map<string, string>;
  let modifiedMs: number;
  try {
    modifiedMs = statSync(path).mtimeMs;
    users = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new OperatingError(
      'bad-auth-file',
      `cannot read the user file ${path}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  let lookedMs = now();
  return {
    passwordOf: (user) => {
      if (now() - lookedMs >= lookAgainMs) {
        lookedMs = now();
        try {
          const { mtimeMs } = statSync(path);
          if (mtimeMs !== modifiedMs) {
            users = parse(readFileSync(path, 'utf8'));
            modifiedMs = mtimeMs;
          }
        } catch {
          // being replaced: the users known stay until it is there again
        }
      }
      return users.get(user);
    },
  };
}
