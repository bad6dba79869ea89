// Which ports an installation needs and whether they are free.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { codeOf, exitCodes, OperatingError } from '../bundle/core/errors.ts';
import {
  type InstallType,
  type PortName,
  type PortRow,
  portBlockSize,
  portOf,
  ports,
  servicesOfType,
} from '../bundle/services.ts';
import { portOwner, type Transport } from './port-owner.ts';

export interface NeededPort {
  port: number;
  use: string;
  transport: Transport;
}

export interface BusyPort extends NeededPort {
  /** The process that has it, where it can be seen. */
  owner: string | undefined;
}

const basePortMax = 65535 - Math.max(...Object.values(ports).map(({ offset }) => offset));
const suggestionsMax = 500;
const noIpv6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

/** Every port a fresh installation of `type` listens on. */
export function neededPorts(type: InstallType, basePort: number): NeededPort[] {
  return (Object.entries(ports) as [PortName, PortRow][])
    .filter(([, row]) => row.enabled && servicesOfType[type].includes(row.service))
    .flatMap(([name, row]) => {
      const port = portOf(name, basePort);
      const transports: Transport[] = [
        ...(row.tcp ? ['tcp' as const] : []),
        ...(row.udp ? ['udp' as const] : []),
      ];
      return transports.map((transport) => ({ port, use: row.use, transport }));
    });
}

/** Throws unless `text` is a base port that leaves room for the whole block. */
export function readBasePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= basePortMax) return port;
  throw new OperatingError(
    'bad-port',
    `--port takes a number from 1 to ${basePortMax}, not "${text}"`,
    {
      exitCode: exitCodes.usage,
    },
  );
}

/** Binds and lets go again; resolves to the error code, or undefined when it worked. */
function tryBind(transport: Transport, port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve(codeOf(error) ?? error.message);
    if (transport === 'tcp') {
      const server = createServer();
      server.once('error', failed);
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
    } else {
      const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
      socket.once('error', (error) => {
        socket.close();
        failed(error);
      });
      socket.bind({ port, address: host, exclusive: true }, () =>
        socket.close(() => resolve(undefined)),
      );
    }
  });
}

/** The error code that keeps this machine from listening there, or undefined. */
async function whyNotFree({ transport, port }: NeededPort): Promise<string | undefined> {
  // "::" meets every holder of the port, also one on ::1 alone, which 0.0.0.0 would not.
  const result = await tryBind(transport, port, '::');
  return result !== undefined && noIpv6.has(result) ? tryBind(transport, port, '0.0.0.0') : result;
}

/** The ports among `needed` that another process holds; one after the other, they share a machine. */
export async function busyPorts(needed: readonly NeededPort[]): Promise<BusyPort[]> {
  const busy: BusyPort[] = [];
  for (const one of needed) {
    const reason = await whyNotFree(one);
    if (reason === undefined) continue;
    if (reason === 'EACCES') {
      throw new OperatingError(
        'port-not-allowed',
        `this user may not listen on port ${one.port} (${one.use}): take a base port of 1024 or more`,
        { exitCode: exitCodes.unavailable },
      );
    }
    busy.push({ ...one, owner: portOwner(one.transport, one.port) });
  }
  return busy;
}

/** The next base port after `basePort` whose ports are all free, or undefined. */
async function nextFreeBase(type: InstallType, basePort: number): Promise<number | undefined> {
  for (let tried = 1; tried <= suggestionsMax; tried++) {
    const base = basePort + tried * portBlockSize;
    if (base > basePortMax) return undefined;
    if ((await busyPorts(neededPorts(type, base))).length === 0) return base;
  }
  return undefined;
}

/** Throws when a port the installation needs is taken, naming each, its owner and a free base. */
export async function checkPortsFree(type: InstallType, basePort: number): Promise<void> {
  const busy = await busyPorts(neededPorts(type, basePort));
  if (busy.length === 0) return;
  const listed = busy
    .map(({ port, use, transport, owner }) => {
      const by = owner === undefined ? 'another process' : owner;
      return `port ${port}/${transport} (${use}) is taken by ${by}`;
    })
    .join('; ');
  const free = await nextFreeBase(type, basePort);
  const advice = free === undefined ? '' : `; the next free base port is ${free} (-p ${free})`;
  throw new OperatingError('port-busy', `${listed}${advice}`, { exitCode: exitCodes.unavailable });
}

/** Throws when this machine has no address `host`. */
export async function checkAddress(host: string): Promise<void> {
  if ((await tryBind('tcp', 0, host)) !== 'EADDRNOTAVAIL') return;
  throw new OperatingError('no-address', `this machine has no address ${host} to listen on`, {
    exitCode: exitCodes.unavailable,
  });
}

/** A warning when the system hands out these ports to outgoing connections, or undefined. */
export function ephemeralWarning(type: InstallType, basePort: number): string | undefined {
  let range: number[];
  try {
    range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
  } catch {
    return undefined;
  }
  const [low = 0, high = 0] = range;
  const inside = neededPorts(type, basePort).filter(({ port }) => port >= low && port <= high);
  const first = inside[0]?.port;
  const last = inside.at(-1)?.port;
  if (first === undefined) return undefined;
  return (
    `ports ${first} to ${last} lie in the range for outgoing connections (${low}-${high}), one of which may take ` +
    `them while the services are stopped; to reserve them: sysctl net.ipv4.ip_local_reserved_ports=${first}-${last}`
  );
}
