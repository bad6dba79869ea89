// How this machine connects to its own doors that speak TLS.
import type { ConnectionOptions } from 'node:tls';
import type { Door } from './doors.ts';

/**
 * The instance's own certificate, for doors that ask for one. Whose certificate the door shows is not
 * checked: it is on this machine, and may bear only the name that others know it by.
 */
export function tlsOptions({ access }: Door): ConnectionOptions {
  const { certificate, key } = access;
  return {
    rejectUnauthorized: false,
    ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
  };
}
