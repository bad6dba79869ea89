// A local certificate authority: its own certificate, and those it signs for this server and for agents.
// The one file that knows @peculiar/x509.
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';

/** A certificate with its private key, both PEM. */
export interface Identity {
  certificate: string;
  key: string;
}

export interface IdentityRequest {
  /** Common name; the agent's name for a client. */
  name: string;
  use: 'server' | 'client';
  /** DNS names and addresses under which a server is reached. */
  hosts: readonly string[];
  days: number;
}

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
const authorityDays = 3650;
// clocks of machines differ
const backDatedMs = 3_600_000;

const quoteName = (name: string): string => `"${name.replace(/["\\]/g, '')}"`;

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = PemConverter.decode(pem);
  if (der === undefined) throw new Error('no private key in the PEM text');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

const serialNumber = (): string => {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return Buffer.from(bytes).toString('hex');
};

/** Makes a new authority; `name` shows in its certificate. */
export async function createAuthority(name: string, nowMs: number): Promise<Identity> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${quoteName(name)}`,
    notBefore: new Date(nowMs - backDatedMs),
    notAfter: new Date(nowMs + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/** Makes a key and has the authority sign its certificate. */
export async function signIdentity(
  authority: Identity,
  request: IdentityRequest,
  nowMs: number,
): Promise<Identity> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const isServer = request.use === 'server';
  const names = request.hosts.map((host) => ({
    type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
    value: host,
  }));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    issuer: new X509Certificate(authority.certificate).subject,
    subject: `CN=${quoteName(request.name)}`,
    notBefore: new Date(nowMs - backDatedMs),
    notAfter: new Date(nowMs + request.days * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([
        isServer ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
      ]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/** The authority's list of certificates that are good no longer, PEM; serial numbers in hexadecimal. */
export async function signRevocations(
  authority: Identity,
  serials: readonly string[],
  nowMs: number,
): Promise<string> {
  const list = await X509CrlGenerator.create({
    issuer: new X509Certificate(authority.certificate).subject,
    thisUpdate: new Date(nowMs - backDatedMs),
    nextUpdate: new Date(nowMs + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    signingKey: await importKey(authority.key),
    entries: serials.map((serial) => ({
      serialNumber: serial.toLowerCase(),
      revocationDate: new Date(nowMs),
    })),
  });
  return `${PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
}

/** When a certificate ends, milliseconds since the epoch. */
export const validUntilMs = (certificate: string): number =>
  new X509Certificate(certificate).notAfter.getTime();
