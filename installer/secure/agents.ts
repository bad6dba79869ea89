// The agents that were given a certificate, and the list of those that are taken back.
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../../bundle/core/config.ts';
import { exitCodes, messageOf, OperatingError } from '../../bundle/core/errors.ts';
import { readAuthority } from './identities.ts';
import { secretPaths, writeSecret } from './secret-files.ts';

const fileSchema = z.strictObject({
  agents: z.array(
    z.strictObject({
      name: z.string(),
      /** Of its certificate, hexadecimal. */
      serial: z.string().regex(/^[0-9A-Fa-f]+$/),
      created: z.string(),
      revoked: z.string().optional(),
    }),
  ),
});

export type AgentRow = z.output<typeof fileSchema>['agents'][number];

/** Every certificate given to an agent, in order; a name may have several. */
export function listAgents(home: string): AgentRow[] {
  const file = join(home, secretPaths.agents);
  if (!existsSync(file)) return [];
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).agents;
  } catch (error) {
    throw new OperatingError('bad-agents-file', `cannot read ${file}: ${messageOf(error)}`, {
      exitCode: exitCodes.config,
      cause: error,
    });
  }
}

const writeAgents = (home: string, agents: readonly AgentRow[]): void =>
  writeSecret(home, secretPaths.agents, `${JSON.stringify({ agents }, undefined, 2)}\n`);

/** Remembers the certificate (PEM) that agent `name` was given. */
export function addAgent(home: string, name: string, certificate: string, now: Date): void {
  const serial = new X509Certificate(certificate).serialNumber;
  writeAgents(home, [...listAgents(home), { name, serial, created: now.toISOString() }]);
}

/** Signs the list of revoked certificates anew; carbon takes it within seconds. */
export async function writeRevocations(home: string, now: Date): Promise<void> {
  const serials = listAgents(home)
    .filter(({ revoked }) => revoked !== undefined)
    .map(({ serial }) => serial);
  const { signRevocations } = await import('../tls/certificates.ts');
  const list = await signRevocations(readAuthority(home), serials, now.getTime());
  writeSecret(home, secretPaths.revoked, list);
}

/** Takes back every certificate of an agent: it cannot connect any more. Returns how many there were. */
export async function revokeAgent(home: string, name: string, now: Date): Promise<number> {
  const agents = listAgents(home);
  const meant = agents.filter((row) => row.name === name && row.revoked === undefined);
  if (meant.length === 0) {
    throw new OperatingError('usage', `no agent ${name} has a certificate: dkmadmin agents list`, {
      exitCode: exitCodes.usage,
    });
  }
  const revoked = now.toISOString();
  writeAgents(
    home,
    agents.map((row) => (meant.includes(row) ? { ...row, revoked } : row)),
  );
  await writeRevocations(home, now);
  return meant.length;
}
