// Access tokens with roles, kept as hashes in a JSON file that `dkmadmin token` writes. The file is read
// again when it changes.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { z } from './config.ts';
import { exitCodes, messageOf, OperatingError } from './errors.ts';

export const roles = ['read', 'write', 'admin'] as const;
/** Each role may do what those before it may. */
export type Role = (typeof roles)[number];

const fileSchema = z.strictObject({
  tokens: z.array(
    z.strictObject({
      name: z.string(),
      role: z.enum(roles),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      created: z.string(),
    }),
  ),
});

export type TokenRow = z.output<typeof fileSchema>['tokens'][number];

export interface AccessTokens {
  /** The role of a token, or undefined for one that is not known. */
  roleOf(token: string): Role | undefined;
}

const lookIntervalMs = 1000;

export const hashToken = (token: string): string =>
  createHash('sha256').update(token).digest('hex');

/** A new token: 256 random bits, recognisable by its first letters. */
export const newToken = (): string => `dkm_${randomBytes(32).toString('base64url')}`;

export const isEnough = (has: Role | undefined, needs: Role): boolean =>
  has !== undefined && roles.indexOf(has) >= roles.indexOf(needs);

/** The rows of a token file; throws an OperatingError, `bad-token-file`. */
export function readTokenFile(path: string): TokenRow[] {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).tokens;
  } catch (error) {
    throw new OperatingError(
      'bad-token-file',
      `cannot read the token file ${path}: ${messageOf(error)}`,
      {
        cause: error,
        exitCode: exitCodes.config,
      },
    );
  }
}

/** Opens a token file; a later change that cannot be read keeps the tokens known. */
export function openTokens(path: string, now: () => number = Date.now): AccessTokens {
  const load = (): Map<string, Role> =>
    new Map(readTokenFile(path).map(({ sha256, role }) => [sha256, role]));
  let known = load();
  let modifiedMs = statSync(path).mtimeMs;
  let lookedMs = now();
  return {
    // looking a hash up in a table tells nothing about the token to somebody who measures time
    roleOf: (token) => {
      if (now() - lookedMs >= lookIntervalMs) {
        lookedMs = now();
        try {
          const { mtimeMs } = statSync(path);
          if (mtimeMs !== modifiedMs) {
            known = load();
            modifiedMs = mtimeMs;
          }
        } catch {
          // being replaced
        }
      }
      return known.get(hashToken(token));
    },
  };
}

/** The token of an Authorization header: Bearer, or the password of Basic. */
export function tokenOfHeader(header: string | undefined): string | undefined {
  const [, scheme, credentials] = /^(Bearer|Basic)\s+(\S+)$/i.exec(header ?? '') ?? [];
  if (scheme === undefined || credentials === undefined) return undefined;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : undefined;
}
