// The doors an instance has opened, as its configuration says: only the keys that are about them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, z } from '../../bundle/core/config.ts';
import { type ListenAddress, parseListenAddress } from '../../bundle/core/listen-address.ts';
import { type PortName, portOf, ports, servicesOfType } from '../../bundle/services.ts';
import type { Instance } from '../../bundle/supervisor/instance.ts';

export interface Door {
  name: PortName;
  use: string;
  enabled: boolean;
  /** An empty host is every address. */
  address: ListenAddress;
}

export type Doors = Partial<Record<PortName, Door>>;

const section = z
  .looseObject({ enabled: z.boolean().optional(), listen: z.string().optional() })
  .optional();
const carbonKeys = z.looseObject({
  plaintext: section,
  pickle: section,
  protobuf: section,
  http: section,
  carbonserver: section,
  carbonlink: section,
});
const listenKey = z.looseObject({ listen: z.string().optional() });

const loopback = '127.0.0.1';

function doorOf(
  name: PortName,
  basePort: number,
  configured: { enabled?: boolean | undefined; listen?: string | undefined } | undefined,
): Door {
  const { use, enabled, open } = ports[name];
  return {
    name,
    use,
    enabled: configured?.enabled ?? enabled,
    address:
      configured?.listen === undefined
        ? { host: open ? '' : loopback, port: portOf(name, basePort) }
        : parseListenAddress(configured.listen),
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
    for (const [name, configured] of rows) doors[name] = doorOf(name, basePort, configured);
  }
  if (has('carbonapi')) {
    doors.carbonapi = doorOf('carbonapi', basePort, read(listenKey, 'carbonapi.yml'));
  }
  if (has('grafana')) {
    doors.dashboards = doorOf('dashboards', basePort, read(listenKey, 'grafana.yml'));
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
