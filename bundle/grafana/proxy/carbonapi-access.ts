// What the way to carbonapi needs when that asks for a token or has a certificate of a local authority.
// Both are files; a token that is renewed is used at once.
import { readFileSync, statSync } from 'node:fs';
import { exitCodes, messageOf, OperatingError } from '../../core/errors.ts';

export interface CarbonapiAccess {
  /** PEM of the authority to trust besides nobody else; undefined: the usual ones. */
  ca: string | undefined;
  /** The Authorization header to send, or undefined. */
  authorization(): string | undefined;
}

const lookIntervalMs = 1000;

function read(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new OperatingError('bad-secret', `cannot read ${key}: ${messageOf(error)}`, {
      cause: error,
      exitCode: exitCodes.config,
    });
  }
}

/** Reads the files; an empty name is none. Throws an OperatingError, `bad-secret`. */
export function openCarbonapiAccess(
  { carbonapiTokenFile, carbonapiCa }: { carbonapiTokenFile: string; carbonapiCa: string },
  now: () => number = Date.now,
): CarbonapiAccess {
  const ca = carbonapiCa === '' ? undefined : read('carbonapiCa', carbonapiCa);
  if (carbonapiTokenFile === '') return { ca, authorization: () => undefined };
  let token = read('carbonapiTokenFile', carbonapiTokenFile);
  let modifiedMs = statSync(carbonapiTokenFile).mtimeMs;
  let lookedMs = now();
  return {
    ca,
    authorization: () => {
      if (now() - lookedMs >= lookIntervalMs) {
        lookedMs = now();
        try {
          const { mtimeMs } = statSync(carbonapiTokenFile);
          if (mtimeMs !== modifiedMs) {
            token = read('carbonapiTokenFile', carbonapiTokenFile);
            modifiedMs = mtimeMs;
          }
        } catch {
          // being replaced
        }
      }
      return `Bearer ${token}`;
    },
  };
}
