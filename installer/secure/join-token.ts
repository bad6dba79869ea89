// A join token: all that an agent or a frontend on another machine needs to use a secure server. It holds a
// private key or an access token, so it is a secret.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../../bundle/core/config.ts';
import { exitCodes, messageOf, OperatingError } from '../../bundle/core/errors.ts';
import { portOf } from '../../bundle/services.ts';
import { addAgent } from './agents.ts';
import { editYaml, type YamlEditor } from './edit-yaml.ts';
import { certificateStatus, readAuthority, signAgent } from './identities.ts';
import { secretPaths, writeSecret } from './secret-files.ts';
import { agentTls, dataSourceFile, type FileEdit, secureDataSource } from './secure-config.ts';
import { createToken } from './tokens.ts';

const pem = z.string().regex(/^-----BEGIN [A-Z ]+-----/, 'is not PEM');
const server = z.strictObject({
  format: z.literal(1),
  name: z.string().min(1),
  host: z.string().min(1),
  basePort: z.int().min(1).max(65_535),
  authority: pem,
});
const contents = z.discriminatedUnion('use', [
  server.extend({ use: z.literal('agent'), certificate: pem, key: pem }),
  server.extend({ use: z.literal('frontend'), apiToken: z.string().min(1) }),
]);

/** `use` is the type of installation it is for. */
export type JoinToken = z.output<typeof contents>;

export interface JoinRequest {
  use: JoinToken['use'];
  name: string;
  /** How the other machine reaches this server; undefined for the first name of its certificate. */
  host: string | undefined;
  basePort: number;
}

const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

const refuse = (message: string, cause?: unknown): OperatingError =>
  new OperatingError('bad-join-token', message, { exitCode: exitCodes.usage, cause });

export const encodeJoinToken = (token: JoinToken): string =>
  Buffer.from(JSON.stringify(token)).toString('base64url');

export function decodeJoinToken(text: string): JoinToken {
  try {
    return contents.parse(JSON.parse(Buffer.from(text.trim(), 'base64url').toString('utf8')));
  } catch (error) {
    throw refuse('this is no join token of dkmadmin, or a part of it is missing', error);
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

/** Gives an agent a certificate, or a frontend an access token, and packs it with all it has to know. */
export async function createJoinToken(
  home: string,
  { use, name, host: wanted, basePort }: JoinRequest,
  nowMs: number,
): Promise<JoinToken> {
  if (!namePattern.test(name)) throw refuse(`"${name}" is no name of a host, like web1`);
  const authority = readAuthority(home);
  const hosts = certificateStatus(home, secretPaths.server)?.hosts ?? [];
  const host = wanted ?? hosts[0] ?? '';
  if (!hosts.includes(host)) {
    throw refuse(
      `"${host}" is not in the server's certificate (${hosts.join(', ')}): dkmadmin secure --hosts ${host}`,
    );
  }
  const common = { format: 1, name, host, basePort, authority: authority.certificate } as const;
  const now = new Date(nowMs);
  if (use === 'frontend') return { ...common, use, apiToken: createToken(home, name, 'read', now) };
  const { certificate, key } = await signAgent(authority, name, nowMs);
  addAgent(home, name, certificate, now);
  return { ...common, use, certificate, key };
}

function editAgent(yaml: YamlEditor, { host, basePort }: JoinToken): void {
  if (yaml.lengthOf(['outputs']) === 0) yaml.set(['outputs'], [{ host, port: 0 }]);
  const output = ['outputs', 0];
  yaml.set([...output, 'host'], host);
  yaml.set([...output, 'port'], portOf('plaintext', basePort));
  yaml.set([...output, 'protocol'], 'tls');
  for (const [key, path] of Object.entries(agentTls)) yaml.set([...output, 'tls', key], path);
}

const apiUrl = ({ host, basePort }: JoinToken): string =>
  `https://${host.includes(':') ? `[${host}]` : host}:${portOf('carbonapi', basePort)}`;

function editGrafana(yaml: YamlEditor, token: JoinToken): void {
  yaml.set(['carbonapi'], apiUrl(token));
  yaml.set(['carbonapiTokenFile'], secretPaths.dashboardsToken);
  yaml.set(['carbonapiCa'], secretPaths.carbonapiAuthority);
}

const edits = {
  agent: [['conf/agent.yml', editAgent]],
  frontend: [
    ['conf/grafana.yml', editGrafana],
    [dataSourceFile, (yaml, token) => secureDataSource(yaml, apiUrl(token))],
  ],
} as const satisfies Record<
  JoinToken['use'],
  readonly (readonly [path: string, edit: (yaml: YamlEditor, token: JoinToken) => void])[]
>;

/** Where the first output of the agent, or the dashboards, must go. */
export function planJoin(home: string, token: JoinToken): FileEdit[] {
  return edits[token.use].map(([path, edit]) => {
    const file = join(home, path);
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const yaml = editYaml(before, path);
    edit(yaml, token);
    return { path, before, after: yaml.toString() };
  });
}

/** Lays out the secrets of a token. */
export function writeJoinSecrets(home: string, token: JoinToken): void {
  if (token.use === 'frontend') {
    // Its own authority, if it has one, is another.
    writeSecret(home, secretPaths.carbonapiAuthority, token.authority);
    writeSecret(home, secretPaths.dashboardsToken, `${token.apiToken}\n`);
    return;
  }
  writeSecret(home, secretPaths.authority, token.authority);
  writeSecret(home, secretPaths.agentKey, token.key);
  writeSecret(home, secretPaths.agent, token.certificate);
}
