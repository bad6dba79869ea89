// The name of this host, and the form of it that metrics are stored under.
import { execFileSync } from 'node:child_process';
import { hostname as shortHostname } from 'node:os';
import { exitCodes, OperatingError } from '../bundle/core/errors.ts';

const validName = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;

/** Throws unless `name` can stand in a metric name. */
export function checkHostname(name: string): string {
  if (validName.test(name) && !name.includes('..')) return name;
  throw new OperatingError(
    'bad-hostname',
    `"${name}" is not a host name: letters, digits, "-", "_" and single dots`,
    { exitCode: exitCodes.usage },
  );
}

export interface FoundHostname {
  name: string;
  warning: string | undefined;
}

function askSystem(): string | undefined {
  try {
    return execFileSync('hostname', ['-f'], {
      encoding: 'utf8',
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** What `hostname -f` says; when that fails, the short name and a warning. Never throws. */
export function findHostname(ask: () => string | undefined = askSystem): FoundHostname {
  const full = ask();
  const usable = full !== undefined && validName.test(full) && !/^localhost(\.|$)/.test(full);
  if (usable) {
    const warning = full.includes('.')
      ? undefined
      : `the full host name is just "${full}", without a domain; --hostname sets another`;
    return { name: full, warning };
  }
  const short = shortHostname().replace(/[^A-Za-z0-9_.-]/g, '_') || 'localhost';
  return {
    name: validName.test(short) ? short : 'localhost',
    warning: `hostname -f gives no usable name, so metrics are stored under "${short}"; --hostname sets another`,
  };
}

/** a.b.c becomes c.b.a. */
export const reverseHostname = (name: string): string => name.split('.').reverse().join('.');
