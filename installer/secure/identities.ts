// The certificates of an instance: its own authority, the server's, those of agents. What is on disk
// decides; nothing else remembers names or dates.
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import type { Instance } from '../../bundle/supervisor/instance.ts';
import type { Identity } from '../tls/certificates.ts';
import { secretPaths, writeSecret } from './secret-files.ts';

// Loaded only where something is signed: it takes as long as all the rest of dkmadmin.
const certificates = () => import('../tls/certificates.ts');

/** Browsers refuse certificates of a server that are good for longer. */
const serverDays = 397;
// An agent cannot renew what another machine has to sign, so its certificate lives as long as the authority.
const agentDays = 3650;
/** A certificate is renewed, or its end warned of, this long before. */
export const renewBeforeMs = 30 * 86_400_000;

export interface CertificateStatus {
  /** Relative to the instance directory. */
  path: string;
  name: string;
  serial: string;
  hosts: string[];
  validUntilMs: number;
}

const read = (home: string, path: string): string => readFileSync(join(home, path), 'utf8');

/** Whether the instance has an authority of its own, so that it can sign. */
export const hasAuthority = (home: string): boolean =>
  existsSync(join(home, secretPaths.authorityKey));

export function readAuthority(home: string): Identity {
  if (!hasAuthority(home)) {
    throw new OperatingError(
      'no-authority',
      'this instance has no authority of its own: dkmadmin secure makes one, on the server',
      { exitCode: exitCodes.unavailable },
    );
  }
  return {
    certificate: read(home, secretPaths.authority),
    key: read(home, secretPaths.authorityKey),
  };
}

/** Names and addresses under which others may reach this machine, the instance's own name first. */
export function ownHosts(instance: Instance, more: readonly string[]): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((rows) => rows ?? [])
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address }) => address);
  const names = [instance.hostname, hostname(), 'localhost', '127.0.0.1', '::1', ...addresses];
  return [...new Set([...more, ...names])];
}

/** What a certificate on disk says, or undefined when there is none. */
export function certificateStatus(home: string, path: string): CertificateStatus | undefined {
  if (!existsSync(join(home, path))) return undefined;
  const certificate = new X509Certificate(read(home, path));
  const hosts = [...(certificate.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,]+)/g)];
  return {
    path,
    name: /CN=(.*)/.exec(certificate.subject)?.[1] ?? '',
    serial: certificate.serialNumber,
    hosts: hosts.map(([, host]) => (host ?? '').trim()),
    validUntilMs: Date.parse(certificate.validTo),
  };
}

/** The status of every certificate of the instance. */
export const certificateStatuses = (home: string): CertificateStatus[] =>
  [secretPaths.authority, secretPaths.server, secretPaths.agent].flatMap(
    (path) => certificateStatus(home, path) ?? [],
  );

/** Signs a certificate of an agent called `name`. */
export async function signAgent(
  authority: Identity,
  name: string,
  nowMs: number,
): Promise<Identity> {
  const { signIdentity } = await certificates();
  return signIdentity(authority, { name, use: 'client', hosts: [], days: agentDays }, nowMs);
}

async function signServer(
  authority: Identity,
  hosts: readonly string[],
  nowMs: number,
): Promise<Identity> {
  const [name = 'localhost'] = hosts;
  const { signIdentity } = await certificates();
  return signIdentity(authority, { name, use: 'server', hosts, days: serverDays }, nowMs);
}

// The key first: a service that looks in between finds a pair that does not fit, and looks again.
function writeIdentity(home: string, files: [string, string], identity: Identity): void {
  writeSecret(home, files[1], identity.key);
  writeSecret(home, files[0], identity.certificate);
}

/** Makes what is missing: the authority, this host's own identity; and a new server certificate. */
export async function makeIdentities(
  home: string,
  instance: Instance,
  hosts: readonly string[],
  nowMs: number,
): Promise<void> {
  if (!hasAuthority(home)) {
    const { createAuthority } = await certificates();
    const authority = await createAuthority(`dkumonitor of ${instance.hostname}`, nowMs);
    writeIdentity(home, [secretPaths.authority, secretPaths.authorityKey], authority);
  }
  const authority = readAuthority(home);
  const server = await signServer(authority, hosts, nowMs);
  writeIdentity(home, [secretPaths.server, secretPaths.serverKey], server);
  if (!existsSync(join(home, secretPaths.agentKey))) {
    const agent = await signAgent(authority, instance.hostname, nowMs);
    writeIdentity(home, [secretPaths.agent, secretPaths.agentKey], agent);
  }
}

/** Signs the server's certificate anew, for the same hosts. Services take it within seconds. */
export async function renewServer(home: string, nowMs: number): Promise<CertificateStatus> {
  const authority = readAuthority(home);
  const hosts = certificateStatus(home, secretPaths.server)?.hosts ?? [];
  const server = await signServer(authority, hosts, nowMs);
  writeIdentity(home, [secretPaths.server, secretPaths.serverKey], server);
  return certificateStatus(home, secretPaths.server) as CertificateStatus;
}

export const endsSoon = ({ validUntilMs }: CertificateStatus, nowMs: number): boolean =>
  validUntilMs - nowMs < renewBeforeMs;
