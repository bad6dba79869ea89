// "host:port" as written in configuration files: 127.0.0.1:2003, [::1]:2003, :2003, 2003.
import { OperatingError } from './errors.ts';

export interface ListenAddress {
  /** Empty means every address, IPv4 and IPv6. */
  host: string;
  port: number;
}

/** Parses `text`; throws an OperatingError with code `bad-address`. Port 0 asks for a free one. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?:\[([^\]]*)\]|([^:]*)):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new OperatingError(
      'bad-address',
      `cannot read ${JSON.stringify(text)} as an address: write host:port, [ipv6]:port or :port`,
    );
  }
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '*' ? '' : host, port };
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** True for the address of a client on this machine. */
export const isLoopback = (address: string): boolean =>
  /^(?:127\.|::1$|::ffff:127\.)/.test(address);
