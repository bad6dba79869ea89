// The services of an installation: which exist, on which port offset they listen and which
// installation type runs them. Nothing else in the project knows a port number.

export const installTypes = [
  'all',
  'server',
  'backend',
  'backend-agent',
  'frontend',
  'agent',
] as const;
export type InstallType = (typeof installTypes)[number];

export const serviceNames = ['carbon', 'carbonapi', 'grafana', 'agent'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Start order: a service comes after those it reads from. */
export const servicesOfType: Record<InstallType, readonly ServiceName[]> = {
  all: ['carbon', 'carbonapi', 'agent', 'grafana'],
  server: ['carbon', 'carbonapi', 'grafana'],
  backend: ['carbon', 'carbonapi'],
  'backend-agent': ['carbon', 'carbonapi', 'agent'],
  frontend: ['grafana'],
  agent: ['agent'],
};

/** The names the original used, still accepted wherever a service is named. */
export const serviceAliases: Record<string, ServiceName> = {
  'go-carbon': 'carbon',
  'grafana-server': 'grafana',
  ui: 'grafana',
  collectd: 'agent',
};

export interface PortRow {
  /** Distance from the base port P. */
  offset: number;
  service: ServiceName;
  use: string;
  tcp: boolean;
  udp: boolean;
  /** Listens in a fresh installation. */
  enabled: boolean;
  /** Listens on every address unless told otherwise; the rest on loopback. */
  open: boolean;
}

export const ports = {
  dashboards: {
    offset: 0,
    service: 'grafana',
    use: 'dashboards',
    tcp: true,
    udp: false,
    enabled: true,
    open: true,
  },
  plaintext: {
    offset: 1,
    service: 'carbon',
    use: 'carbon plaintext',
    tcp: true,
    udp: true,
    enabled: true,
    open: true,
  },
  carbonapi: {
    offset: 2,
    service: 'carbonapi',
    use: 'Graphite API',
    tcp: true,
    udp: false,
    enabled: true,
    open: true,
  },
  carbonserver: {
    offset: 3,
    service: 'carbon',
    use: 'carbonserver',
    tcp: true,
    udp: false,
    enabled: true,
    open: false,
  },
  pickle: {
    offset: 4,
    service: 'carbon',
    use: 'carbon pickle',
    tcp: true,
    udp: false,
    enabled: false,
    open: false,
  },
  protobuf: {
    offset: 5,
    service: 'carbon',
    use: 'carbon protobuf',
    tcp: true,
    udp: false,
    enabled: false,
    open: false,
  },
  httpReceiver: {
    offset: 6,
    service: 'carbon',
    use: 'carbon HTTP',
    tcp: true,
    udp: false,
    enabled: false,
    open: false,
  },
  carbonlink: {
    offset: 7,
    service: 'carbon',
    use: 'carbonlink',
    tcp: true,
    udp: false,
    enabled: false,
    open: false,
  },
  statsd: {
    offset: 10,
    service: 'agent',
    use: 'StatsD',
    tcp: true,
    udp: true,
    enabled: false,
    open: false,
  },
  collectdNetwork: {
    offset: 11,
    service: 'agent',
    use: 'collectd network',
    tcp: false,
    udp: true,
    enabled: false,
    open: false,
  },
  statsdManagement: {
    offset: 12,
    service: 'agent',
    use: 'StatsD management',
    tcp: true,
    udp: false,
    enabled: false,
    open: false,
  },
  ganglia: {
    offset: 13,
    service: 'agent',
    use: 'Ganglia',
    tcp: true,
    udp: true,
    enabled: false,
    open: false,
  },
  thrift: {
    offset: 14,
    service: 'agent',
    use: 'hosts and cloud Thrift',
    tcp: true,
    udp: false,
    enabled: false,
    open: false,
  },
  gluster: {
    offset: 15,
    service: 'agent',
    use: 'GlusterFS',
    tcp: true,
    udp: false,
    enabled: false,
    open: false,
  },
} as const satisfies Record<string, PortRow>;

export type PortName = keyof typeof ports;

/** Ports from the base on that an installation keeps for itself. */
export const portBlockSize = 10;

export function portOf(name: PortName, basePort: number): number {
  return basePort + ports[name].offset;
}

/** The service called `name`, by its own or its original name; undefined when there is none. */
export function serviceNamed(name: string): ServiceName | undefined {
  return serviceNames.find((known) => known === name) ?? serviceAliases[name];
}

/**
 * Options of the runtime beyond those of every service. The agent collects the same few files for ever:
 * V8's optimizing compilers and a growing space for new objects cost it memory and win nothing. Its
 * inputs let the compilers in when they start.
 */
export const runtimeOptions: Partial<Record<ServiceName, readonly string[]>> = {
  agent: ['--semi-space-growth-factor=1', '--no-turbofan', '--no-maglev'],
};

/** Every file that becomes one JavaScript file in the tarball's lib directory. */
export const entryFiles: Record<string, string> = {
  carbon: 'bundle/carbon/main.ts',
  'carbon-writer': 'bundle/carbon/persister/worker.ts',
  carbonapi: 'bundle/carbonapi/main.ts',
  'carbonapi-png': 'bundle/carbonapi/drawing/png-worker.ts',
  agent: 'bundle/agent/main.ts',
  grafana: 'bundle/grafana/main.ts',
  supervisor: 'bundle/supervisor/main.ts',
  dkm: 'bundle/supervisor/dkm.ts',
  dkmadmin: 'installer/dkmadmin.ts',
  installer: 'installer/main.ts',
};
