// Makes an instance secure: certificates, tokens, the keys of the configuration. Doing it again changes
// only the server's certificate.
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { portOf } from '../../bundle/services.ts';
import { type Instance, servicesOf } from '../../bundle/supervisor/instance.ts';
import { writeRevocations } from './agents.ts';
import { certificateStatus, makeIdentities, ownHosts } from './identities.ts';
import { secretPaths, writeSecret } from './secret-files.ts';
import { type FileEdit, planEdits } from './secure-config.ts';
import { createToken, listTokens, makeTokenFile, revokeToken } from './tokens.ts';

export interface SecurePlan {
  instance: Instance;
  /** Names and addresses in the server's certificate. */
  hosts: string[];
  edits: FileEdit[];
}

const dashboardsTokenName = 'dashboards';
export const keptSuffix = '.before-secure';

const refuse = (message: string): OperatingError =>
  new OperatingError('cannot-secure', message, { exitCode: exitCodes.usage });

/** Names or addresses with commas between. */
export function readHosts(text: string | undefined): string[] {
  const hosts = (text ?? '').split(',').filter((host) => host !== '');
  for (const host of hosts) {
    if (isIP(host) === 0 && !/^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(host))
      throw refuse(`"${host}" is neither a host name nor an address`);
  }
  return hosts;
}

// Names given before stay in the certificate; addresses may have changed.
const namesBefore = (home: string): string[] =>
  (certificateStatus(home, secretPaths.server)?.hosts ?? []).filter((host) => isIP(host) === 0);

/** What would be done; throws when this instance cannot be made secure. */
export function planSecure(home: string, instance: Instance, hosts: readonly string[]): SecurePlan {
  if (instance.type === 'agent') {
    throw refuse(
      'an agent is made secure by its server: dkmadmin agent-token NAME there, dkmadmin join TOKEN here',
    );
  }
  if (instance.systemCollectd) {
    throw refuse("the system's collectd cannot send inside TLS: use the agent instead");
  }
  const read = (path: string): string | undefined =>
    existsSync(join(home, path)) ? readFileSync(join(home, path), 'utf8') : undefined;
  return {
    instance,
    hosts: ownHosts(instance, [...hosts, ...namesBefore(home)]),
    edits: planEdits(instance, read),
  };
}

function makeDashboardsToken(home: string): void {
  const isKnown = listTokens(home).some(({ name }) => name === dashboardsTokenName);
  if (isKnown && existsSync(join(home, secretPaths.dashboardsToken))) return;
  if (isKnown) revokeToken(home, dashboardsTokenName);
  const token = createToken(home, dashboardsTokenName, 'read', new Date());
  writeSecret(home, secretPaths.dashboardsToken, `${token}\n`);
}

/** Keeps the first version of each file beside it. */
export function keepBefore(home: string, edits: readonly FileEdit[]): void {
  for (const { path, before } of edits) {
    const kept = join(home, `${path}${keptSuffix}`);
    if (!existsSync(kept)) writeFileAtomicSync(kept, before);
  }
}

export function applyEdits(home: string, edits: readonly FileEdit[]): void {
  for (const { path, after } of edits) writeFileAtomicSync(join(home, path), after);
}

/** Does what `planSecure` has planned. */
export async function makeSecure(home: string, plan: SecurePlan, nowMs: number): Promise<void> {
  await makeIdentities(home, plan.instance, plan.hosts, nowMs);
  await writeRevocations(home, new Date(nowMs));
  if (servicesOf(plan.instance).includes('carbonapi')) {
    makeTokenFile(home);
    makeDashboardsToken(home);
  }
  applyEdits(home, plan.edits);
}

/** What clients of a secure instance need to know, as lines. */
export function clientAdvice(home: string, { instance, hosts }: SecurePlan): string[] {
  const [host = 'localhost'] = hosts;
  const services = servicesOf(instance);
  const port = (name: Parameters<typeof portOf>[0]): number => portOf(name, instance.basePort);
  const admin = join(home, 'bin', 'dkmadmin');
  return [
    `authority for clients to trust: ${join(home, secretPaths.authority)}`,
    ...(services.includes('grafana')
      ? [`dashboards:   https://${host}:${port('dashboards')}`]
      : []),
    ...(services.includes('carbonapi')
      ? [
          `Graphite API: https://${host}:${port('carbonapi')} with "Authorization: Bearer TOKEN"; ` +
            `a token: ${admin} token create NAME --role read`,
        ]
      : []),
    ...(services.includes('carbon')
      ? [
          `points:       TLS to ${host}:${port('plaintext')} with a client certificate (no UDP); ` +
            `an agent: ${admin} agent-token NAME`,
        ]
      : []),
  ];
}
