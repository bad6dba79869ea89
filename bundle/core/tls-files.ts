// Certificates as files: read at start, read again when they are renewed, without a restart.
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { z } from './config.ts';
import { exitCodes, messageOf, OperatingError } from './errors.ts';
import type { Logger } from './log.ts';

/** Keys of a `tls:` section of a listening service. Paths are relative to the instance directory. */
export const tlsSchema = z
  .strictObject({
    certificate: z
      .string()
      .default('')
      .describe('PEM file with the certificate chain; empty for no TLS.'),
    key: z.string().default('').describe('PEM file with its private key.'),
    clientCa: z
      .string()
      .default('')
      .describe(
        'PEM file: only clients with a certificate of this authority are served. Empty for all.',
      ),
    clientCrl: z
      .string()
      .default('')
      .describe("PEM file with the authority's list of revoked certificates; empty for none."),
  })
  .refine(({ certificate, key }) => (certificate === '') === (key === ''), {
    message: 'certificate and key belong together',
  })
  .refine(({ clientCa, clientCrl }) => clientCa !== '' || clientCrl === '', {
    message: 'clientCrl needs clientCa',
  })
  .prefault({});

type TlsKeys = z.output<typeof tlsSchema>;
export type TlsFiles = Omit<TlsKeys, 'clientCrl'> & Partial<Pick<TlsKeys, 'clientCrl'>>;

const lookIntervalMs = 5000;
const handshakeMs = 10_000;

function readContext(files: TlsFiles): SecureContextOptions {
  const { clientCrl = '' } = files;
  try {
    const options: SecureContextOptions = {
      cert: readFileSync(files.certificate),
      key: readFileSync(files.key),
      minVersion: 'TLSv1.2',
      ...(files.clientCa === '' ? {} : { ca: readFileSync(files.clientCa) }),
      ...(clientCrl === '' ? {} : { crl: readFileSync(clientCrl) }),
    };
    createSecureContext(options); // a key that does not fit is told here, not at the first client
    return options;
  } catch (error) {
    throw new OperatingError(
      'bad-certificate',
      `cannot use the certificate ${files.certificate} with its key: ${messageOf(error)}`,
      {
        cause: error,
        exitCode: exitCodes.config,
      },
    );
  }
}

/** What a TLS server needs, or undefined when TLS is off. Throws an OperatingError, `bad-certificate`. */
export function loadTls(files: TlsFiles | undefined): TlsOptions | undefined {
  if (files === undefined || files.certificate === '') return undefined;
  const wantsClients = files.clientCa !== '';
  return {
    ...readContext(files),
    requestCert: wantsClients,
    rejectUnauthorized: wantsClients,
    handshakeTimeout: handshakeMs,
  };
}

function stampOf(files: TlsFiles): string {
  const stamps = [files.certificate, files.key, files.clientCa, files.clientCrl ?? '']
    .filter((path) => path !== '')
    .map((path) => {
      const { mtimeMs, ino, size } = statSync(path);
      return `${mtimeMs}:${ino}:${size}`;
    });
  return stamps.join(' ');
}

/**
 * Puts renewed files into use within seconds; new connections get them, old ones stay. What cannot be
 * used is told once and the old certificate stays. Returns how to stop.
 */
export function followTls(
  files: TlsFiles,
  server: { setSecureContext(options: SecureContextOptions): void },
  log: Logger,
): () => void {
  let stamp = stampOf(files);
  const timer = setInterval(() => {
    try {
      const now = stampOf(files);
      if (now === stamp) return;
      stamp = now;
      server.setSecureContext(readContext(files));
      log.info('renewed certificate in use', { certificate: files.certificate });
    } catch (error) {
      log.warn(`the renewed certificate is not used: ${messageOf(error)}`);
    }
  }, lookIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** The name to ask a server for; an address is no name. */
export const serverNameOf = (host: string): string => (isIP(host) === 0 ? host : '');
