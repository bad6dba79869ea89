// A join token: all that an agent on another machine needs to send points to a secure server. It holds a
// private key, so it is a secret.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../../bundle/core/config.ts';
import { exitCodes, messageOf, OperatingError } from '../../bundle/core/errors.ts';
import { portOf } from '../../bundle/services.ts';
import { addAgent } from './agents.ts';
import { editYaml } from './edit-yaml.ts';
import { certificateStatus, readAuthority, signAgent } from './identities.ts';
import { secretPaths, writeSecret } from './secret-files.ts';
import { agentTls, type FileEdit } from './secure-config.ts';

const pem = z.string().regex(/^-----BEGIN [A-Z ]+-----/, 'is not PEM');
const contents = z.strictObject({
  format: z.literal(1),
  name: z.string().min(1),
  host: z.string().min(1),
  basePort: z.int().min(1).max(65_535),
  authority: pem,
  certificate: pem,
  key: pem,
});

export type JoinToken = z.output<typeof contents>;

const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const configFile = 'conf/agent.yml';

const refuse = (message: string, cause?: unknown): OperatingError =>
  new OperatingError('bad-join-token', message, { exitCode: exitCodes.usage, cause });

export const encodeJoinToken = (token: JoinToken): string =>
  Buffer.from(JSON.stringify(token)).toString('base64url');

export function decodeJoinToken(text: string): JoinToken {
  try {
    return contents.parse(JSON.parse(Buffer.from(text.trim(), 'base64url').toString('utf8')));
  } catch (error) {
    throw refuse(
      'this is no join token of dkmadmin agent-token, or a part of it is missing',
      error,
    );
  }
}

/** The token itself, or the content of FILE for `@FILE` (`@-` is standard input). */
export function readJoinToken(text: string): JoinToken {
  if (!text.startsWith('@')) return decodeJoinToken(text);
  const file = text.slice(1);
  try {
    return decodeJoinToken(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    if (error instanceof OperatingError) throw error;
    throw refuse(`cannot read the join token: ${messageOf(error)}`, error);
  }
}

/** A new certificate for the agent `name`, which reaches this server as `host`, as a token. */
export async function createJoinToken(
  home: string,
  request: { name: string; host: string | undefined; basePort: number },
  nowMs: number,
): Promise<JoinToken> {
  const { name, basePort } = request;
  if (!namePattern.test(name)) throw refuse(`"${name}" is no name of an agent, like web1`);
  const authority = readAuthority(home);
  const hosts = certificateStatus(home, secretPaths.server)?.hosts ?? [];
  const host = request.host ?? hosts[0] ?? '';
  if (!hosts.includes(host)) {
    throw refuse(
      `"${host}" is not in the server's certificate (${hosts.join(', ')}): dkmadmin secure --hosts ${host}`,
    );
  }
  const { certificate, key } = await signAgent(authority, name, nowMs);
  addAgent(home, name, certificate, new Date(nowMs));
  return { format: 1, name, host, basePort, authority: authority.certificate, certificate, key };
}

/** Where the agent's first output must go; throws when there is none. */
export function planJoin(home: string, { host, basePort }: JoinToken): FileEdit {
  const file = join(home, configFile);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const yaml = editYaml(before, configFile);
  if (yaml.lengthOf(['outputs']) === 0) yaml.set(['outputs'], [{ host, port: 0 }]);
  const output = ['outputs', 0];
  yaml.set([...output, 'host'], host);
  yaml.set([...output, 'port'], portOf('plaintext', basePort));
  yaml.set([...output, 'protocol'], 'tls');
  for (const [key, path] of Object.entries(agentTls)) yaml.set([...output, 'tls', key], path);
  return { path: configFile, before, after: yaml.toString() };
}

/** Lays out the certificates of a token. */
export function writeJoinSecrets(home: string, token: JoinToken): void {
  writeSecret(home, secretPaths.authority, token.authority);
  writeSecret(home, secretPaths.agentKey, token.key);
  writeSecret(home, secretPaths.agent, token.certificate);
}
