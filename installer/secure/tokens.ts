// The tokens of the Graphite API: made, listed, revoked. Only their hashes are kept.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  hashToken,
  newToken,
  type Role,
  readTokenFile,
  roles,
  type TokenRow,
} from '../../bundle/core/access-tokens.ts';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { secretPaths, writeSecret } from './secret-files.ts';

const namePattern = /^[A-Za-z0-9_.@-]{1,64}$/;

const usage = (message: string): OperatingError =>
  new OperatingError('usage', message, { exitCode: exitCodes.usage });

/** The tokens there are; none when there is no file yet. */
export const listTokens = (home: string): TokenRow[] =>
  existsSync(join(home, secretPaths.tokens)) ? readTokenFile(join(home, secretPaths.tokens)) : [];

const writeTokens = (home: string, tokens: readonly TokenRow[]): void =>
  writeSecret(home, secretPaths.tokens, `${JSON.stringify({ tokens }, undefined, 2)}\n`);

/** Makes sure that there is a token file, so that nobody gets in without one. */
export function makeTokenFile(home: string): void {
  if (!existsSync(join(home, secretPaths.tokens))) writeTokens(home, []);
}

export function readRole(text: string): Role {
  const role = roles.find((known) => known === text);
  if (role === undefined) throw usage(`--role takes ${roles.join(', ')}, not "${text}"`);
  return role;
}

/** Adds a token and returns it; nobody can read it again. Names are used once. */
export function createToken(home: string, name: string, role: Role, now: Date): string {
  if (!namePattern.test(name))
    throw usage(`"${name}" is no name for a token: up to 64 of letters, digits and _ . @ -`);
  const tokens = listTokens(home);
  if (tokens.some((row) => row.name === name))
    throw usage(`there is a token called ${name} already: dkmadmin token revoke ${name}`);
  const token = newToken();
  const created = now.toISOString();
  writeTokens(home, [...tokens, { name, role, sha256: hashToken(token), created }]);
  return token;
}

/** Takes a token away; it is refused from the next second on. */
export function revokeToken(home: string, name: string): void {
  const tokens = listTokens(home);
  const rest = tokens.filter((row) => row.name !== name);
  if (rest.length === tokens.length)
    throw usage(`there is no token called ${name}: dkmadmin token list`);
  writeTokens(home, rest);
}
