// The doors an instance has opened, as its configuration says: only the keys that are about them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, z } from '../../bundle/core/config.ts';
import { type ListenAddress, parseListenAddress } from '../../bundle/core/listen-address.ts';
import { type PortName, portOf, ports, servicesOfType } from '../../bundle/services.ts';
import type { Instance } from '../../bundle/supervisor/instance.ts';
import { secretPaths } from '../secure/secret-files.ts';

export interface Door {
  name: PortName;
  use: string;
  enabled: boolean;
  /** An empty host is every address. */
  address: ListenAddress;
  /** Listens on UDP, too. */
  udp: boolean;
  /** Speaks TLS. */
  secure: boolean;
  /** Asks for a client certificate or a token. */
  guarded: boolean;
  /** What this instance itself comes in with, where it has such a thing. */
  access: DoorAccess;
}

export interface DoorAccess {
  certificate?: Buffer;
  key?: Buffer;
  token?: string;
}

export type Doors = Partial<Record<PortName, Door>>;

const tls = z
  .looseObject({ certificate: z.string().optional(), clientCa: z.string().optional() })
  .optional();
const section = z
  .looseObject({
    enabled: z.boolean().optional(),
    listen: z.string().optional(),
    udp: z.boolean().optional(),
    tokens: z.string().optional(),
    tls,
  })
  .optional();
const carbonKeys = z.looseObject({
  plaintext: section,
  pickle: section,
  protobuf: section,
  http: section,
  carbonserver: section,
  carbonlink: section,
});
const loopback = '127.0.0.1';

function readAccess(home: string): DoorAccess {
  const read = (path: string): Buffer | undefined =>
    existsSync(join(home, path)) ? readFileSync(join(home, path)) : undefined;
  const certificate = read(secretPaths.agent);
  const key = read(secretPaths.agentKey);
  const token = read(secretPaths.dashboardsToken)?.toString().trim();
  return {
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
    ...(token === undefined ? {} : { token }),
  };
}

function doorOf(
  name: PortName,
  basePort: number,
  configured: z.output<typeof section>,
  access: DoorAccess,
): Door {
  const { use, enabled, open, udp } = ports[name];
  const isSet = (text: string | undefined): boolean => (text ?? '') !== '';
  return {
    name,
    use,
    enabled: configured?.enabled ?? enabled,
    address:
      configured?.listen === undefined
        ? { host: open ? '' : loopback, port: portOf(name, basePort) }
        : parseListenAddress(configured.listen),
    udp: udp && configured?.udp !== false,
    secure: isSet(configured?.tls?.certificate),
    guarded: isSet(configured?.tls?.clientCa) || isSet(configured?.tokens),
    access,
  };
}

/** The doors of the services that this installation runs. Throws when a file cannot be read. */
export function findDoors(home: string, { type, basePort }: Instance): Doors {
  const has = (service: string): boolean => servicesOfType[type].some((name) => name === service);
  const read = <T extends z.ZodType>(schema: T, file: string): z.output<T> => {
    const path = join(home, 'conf', file);
    return existsSync(path) ? loadConfig(schema, path) : schema.parse({});
  };
  const doors: Doors = {};
  const access = readAccess(home);
  if (has('carbon')) {
    const carbon = read(carbonKeys, 'carbon.yml');
    const rows = [
      ['plaintext', carbon.plaintext],
      ['pickle', carbon.pickle],
      ['protobuf', carbon.protobuf],
      ['httpReceiver', carbon.http],
      ['carbonserver', carbon.carbonserver],
      ['carbonlink', carbon.carbonlink],
    ] as const;
    for (const [name, configured] of rows) doors[name] = doorOf(name, basePort, configured, access);
  }
  if (has('carbonapi')) {
    doors.carbonapi = doorOf('carbonapi', basePort, read(section, 'carbonapi.yml'), access);
  }
  if (has('grafana')) {
    doors.dashboards = doorOf('dashboards', basePort, read(section, 'grafana.yml'), access);
  }
  return doors;
}

const everyAddress = new Set(['', '0.0.0.0', '::']);

export const isOpenToNetwork = ({ host }: ListenAddress): boolean =>
  everyAddress.has(host) || !(host === 'localhost' || host === '::1' || host.startsWith('127.'));

/** The host under which this machine reaches the door. */
export function reachableHost({ host }: ListenAddress): string {
  if (host === '::') return '::1';
  return everyAddress.has(host) ? loopback : host;
}
