// What is asked for on the command line, checked and completed: the plan of an installation.
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { exitCodes, OperatingError } from '../bundle/core/errors.ts';
import { didYouMean } from '../bundle/core/nearest-name.ts';
import { version } from '../bundle/core/version.ts';
import {
  type InstallType,
  installTypes,
  type PortName,
  portOf,
  ports,
  servicesOfType,
} from '../bundle/services.ts';
import type { Instance } from '../bundle/supervisor/instance.ts';
import { checkHostname, findHostname, reverseHostname } from './hostname.ts';
import { readBasePort } from './ports.ts';
import type { TemplateContext } from './render-templates.ts';
import { type JoinToken, readJoinToken } from './secure/join-token.ts';
import { readHosts } from './secure/secure-instance.ts';

export interface InstallOptions {
  directory?: string;
  port?: string;
  type?: string;
  update?: boolean;
  bind?: string;
  carbonListen?: string;
  carbonapiListen?: string;
  dashboardsListen?: string;
  hostname?: string;
  hostnameRaw?: boolean;
  carbonServer?: string;
  systemCollectd?: boolean;
  grafana?: string;
  adminPasswordFile?: string;
  secure?: boolean;
  secureHosts?: string;
  join?: string;
  allowRoot?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  force?: boolean;
}

export interface InstallPlan {
  directory: string;
  instance: Instance;
  adminPasswordFile: string | undefined;
  /** Further hosts of the certificate when the instance is made secure, else undefined. */
  secureHosts?: string[] | undefined;
  /** The secure server that an agent or a frontend joins. */
  join?: JoinToken | undefined;
  warnings: string[];
}

export const defaultType: InstallType = 'server';
const everyAddress = '0.0.0.0';

function usage(message: string): OperatingError {
  return new OperatingError('usage', message, { exitCode: exitCodes.usage });
}

function readType(text: string): InstallType {
  const type = installTypes.find((known) => known === text);
  if (type !== undefined) return type;
  throw usage(
    `--type takes ${installTypes.join(', ')}, not "${text}"${didYouMean(text, installTypes)}`,
  );
}

function readListen(option: string, text: string): string {
  const address = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 || address === 'localhost') return address;
  throw usage(`${option} takes an address of this machine such as 127.0.0.1 or ::, not "${text}"`);
}

function readCarbonServer(text: string, ownBasePort: number): Instance['carbonServer'] {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw usage(`--carbon-server takes host or host:baseport, not "${text}"`);
  if (match?.[1] === undefined) checkHostname(host);
  return { host, basePort: match?.[3] === undefined ? ownBasePort : readBasePort(match[3]) };
}

// The address under which this machine reaches what listens on `listen`.
function ownAddress(listen: string): string {
  if (listen === everyAddress || listen === 'localhost') return '127.0.0.1';
  return listen === '::' ? '::1' : listen;
}

const inUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

function readSecureHosts(options: InstallOptions, type: InstallType): string[] | undefined {
  if (options.secure !== true) {
    if (options.secureHosts === undefined) return undefined;
    throw usage('--secure-hosts is for --secure');
  }
  if (type === 'agent')
    throw usage('--secure is not for agents: they get all they need with --join');
  if (options.systemCollectd === true)
    throw usage("--secure: the system's collectd cannot send inside TLS");
  return readHosts(options.secureHosts);
}

function readJoin(options: InstallOptions): JoinToken | undefined {
  if (options.join === undefined) return undefined;
  if (options.carbonServer !== undefined)
    throw usage('--join names the server, so --carbon-server cannot');
  if (options.systemCollectd === true)
    throw usage("--join: the system's collectd cannot send inside TLS");
  const token = readJoinToken(options.join);
  if (options.type !== undefined && readType(options.type) !== token.use)
    throw usage(`this join token is for --type ${token.use}`);
  return token;
}

/** Checks the options of a new installation. The directory is checked by data-dir.ts, ports by ports.ts. */
export function planInstallation(options: InstallOptions, now: Date = new Date()): InstallPlan {
  if (options.directory === undefined)
    throw usage('--directory is missing: where shall it be installed?');
  if (options.port === undefined)
    throw usage('--port is missing: the first of ten ports for this instance');
  const basePort = readBasePort(options.port);
  const join = readJoin(options);
  const type = readType(options.type ?? join?.use ?? defaultType);
  const secureHosts = readSecureHosts(options, type);
  const warnings: string[] = [];
  let hostname: string;
  if (options.hostname !== undefined) hostname = checkHostname(options.hostname);
  else {
    const found = findHostname();
    hostname = found.name;
    if (found.warning !== undefined) warnings.push(found.warning);
  }
  const bind = readListen('--bind', options.bind ?? everyAddress);
  const listen = {
    carbon: readListen('--carbon-listen', options.carbonListen ?? bind),
    carbonapi: readListen('--carbonapi-listen', options.carbonapiListen ?? bind),
    dashboards: readListen('--dashboards-listen', options.dashboardsListen ?? bind),
  };
  const hasStore = servicesOfType[type].includes('carbon');
  if (options.carbonServer !== undefined && hasStore) {
    throw usage(
      `--carbon-server is for the types agent and frontend: type ${type} has its own carbon`,
    );
  }
  if (options.systemCollectd === true && !servicesOfType[type].includes('agent')) {
    throw usage(`--system-collectd is for types with an agent: type ${type} has none`);
  }
  if (options.grafana !== undefined && !servicesOfType[type].includes('grafana')) {
    throw usage(`--grafana is for types with dashboards: type ${type} has none`);
  }
  return {
    directory: options.directory,
    adminPasswordFile: options.adminPasswordFile,
    secureHosts,
    join,
    warnings,
    instance: {
      version,
      type,
      basePort,
      hostname,
      reversedHostname: options.hostnameRaw === true ? hostname : reverseHostname(hostname),
      listen,
      carbonServer:
        join !== undefined
          ? { host: join.host, basePort: join.basePort }
          : options.carbonServer === undefined
            ? { host: ownAddress(listen.carbon), basePort }
            : readCarbonServer(options.carbonServer, basePort),
      allowRoot: options.allowRoot === true,
      systemCollectd: options.systemCollectd === true,
      ...(options.grafana === undefined ? {} : { grafanaHome: resolve(options.grafana) }),
      installedAt: now.toISOString(),
    },
  };
}

/** What the templates are rendered with. */
export function templateContext(instance: Instance, kitVersion = version): TemplateContext {
  const { listen, carbonServer, basePort } = instance;
  const ownStore = servicesOfType[instance.type].includes('carbonapi');
  const numbers = Object.fromEntries(
    (Object.keys(ports) as PortName[]).map((name) => [name, portOf(name, basePort)]),
  ) as Record<PortName, number>;
  const inBrackets = (
    hosts: Instance['listen'],
    of: (host: string) => string,
  ): Instance['listen'] => ({
    carbon: inUrl(of(hosts.carbon)),
    carbonapi: inUrl(of(hosts.carbonapi)),
    dashboards: inUrl(of(hosts.dashboards)),
  });
  return {
    version: kitVersion,
    type: instance.type,
    hostname: instance.hostname,
    reversedHostname: instance.reversedHostname,
    basePort,
    ports: numbers,
    listen: inBrackets(listen, (host) => host),
    probe: inBrackets(listen, ownAddress),
    carbonServer: {
      host: carbonServer.host,
      hostInUrl: inUrl(carbonServer.host),
      carbonapiHost: inUrl(ownStore ? ownAddress(listen.carbonapi) : carbonServer.host),
      plaintextPort: portOf('plaintext', carbonServer.basePort),
      carbonapiPort: portOf('carbonapi', carbonServer.basePort),
    },
    systemCollectd: instance.systemCollectd,
    grafanaHome: instance.grafanaHome ?? '',
  };
}
