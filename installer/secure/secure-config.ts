// Which keys of which configuration file make an instance secure, decided from the files as they are.
import { parseListenAddress } from '../../bundle/core/listen-address.ts';
import { portOf } from '../../bundle/services.ts';
import { type Instance, servicesOf } from '../../bundle/supervisor/instance.ts';
import { parseProbe } from '../../bundle/supervisor/probe.ts';
import { isOpenToNetwork, reachableHost } from '../doctor/doors.ts';
import { editYaml, type YamlEditor, type YamlPath } from './edit-yaml.ts';
import { secretPaths } from './secret-files.ts';

export interface FileEdit {
  /** Relative to the instance directory. */
  path: string;
  before: string;
  after: string;
}

type Edit = (yaml: YamlEditor, instance: Instance) => void;

const serverTls = { certificate: secretPaths.server, key: secretPaths.serverKey };
export const agentTls = {
  ca: secretPaths.authority,
  certificate: secretPaths.agent,
  key: secretPaths.agentKey,
};

const textAt = (yaml: YamlEditor, path: YamlPath): string | undefined => {
  const value = yaml.get(path);
  return typeof value === 'string' ? value : undefined;
};

// What the user has set, like a certificate of another authority, stays.
function setMissing(yaml: YamlEditor, section: YamlPath, values: Record<string, string>): void {
  for (const [key, value] of Object.entries(values)) {
    if ((textAt(yaml, [...section, key]) ?? '') === '') yaml.set([...section, key], value);
  }
}

function closeToNetwork(yaml: YamlEditor, section: string): void {
  const listen = textAt(yaml, [section, 'listen']);
  if (listen === undefined) return;
  const address = parseListenAddress(listen);
  if (isOpenToNetwork(address)) yaml.set([section, 'listen'], `127.0.0.1:${address.port}`);
}

const editCarbon: Edit = (yaml) => {
  const receiverTls = {
    ...serverTls,
    clientCa: secretPaths.authority,
    clientCrl: secretPaths.revoked,
  };
  setMissing(yaml, ['plaintext', 'tls'], receiverTls);
  yaml.set(['plaintext', 'udp'], false);
  for (const section of ['pickle', 'protobuf', 'http']) {
    const listen = textAt(yaml, [section, 'listen']);
    const isOpen = listen !== undefined && isOpenToNetwork(parseListenAddress(listen));
    if (isOpen) setMissing(yaml, [section, 'tls'], receiverTls);
  }
  closeToNetwork(yaml, 'carbonserver');
  closeToNetwork(yaml, 'carbonlink');
};

const editCarbonapi: Edit = (yaml) => {
  setMissing(yaml, ['tls'], serverTls);
  setMissing(yaml, [], { tokens: secretPaths.tokens });
};

/** `url` over HTTPS when it is the Graphite API of this very instance. */
function ownApiUrl(url: string | undefined, instance: Instance): string | undefined {
  if (url === undefined || !servicesOf(instance).includes('carbonapi')) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const isOwn = Number(port) === portOf('carbonapi', instance.basePort);
  return isOwn && /^https?:$/.test(protocol) ? `https://${hostname}:${port}` : undefined;
}

const editGrafana: Edit = (yaml, instance) => {
  setMissing(yaml, ['tls'], serverTls);
  const url = ownApiUrl(textAt(yaml, ['carbonapi']), instance);
  if (url === undefined) return;
  yaml.set(['carbonapi'], url);
  setMissing(yaml, [], {
    carbonapiTokenFile: secretPaths.dashboardsToken,
    carbonapiCa: secretPaths.authority,
  });
};

export const dataSourceFile = 'conf/grafana.d/provisioning/datasources/defaultsources.yml';
const source: YamlPath = ['datasources', 0];

/**
 * Lets the data source of a real Grafana read from a secure API: the grafana service puts both variables
 * into its environment.
 */
export function secureDataSource(yaml: YamlEditor, url: string): void {
  if (yaml.lengthOf(['datasources']) === 0) return;
  yaml.set([...source, 'url'], url);
  yaml.set([...source, 'jsonData', 'tlsAuthWithCACert'], true);
  yaml.set([...source, 'jsonData', 'httpHeaderName1'], 'Authorization');
  setMissing(yaml, [...source, 'secureJsonData'], {
    tlsCACert: '$DKUMONITOR_CARBONAPI_CA',
    httpHeaderValue1: '$DKUMONITOR_CARBONAPI_AUTHORIZATION',
  });
}

const editDataSource: Edit = (yaml, instance) => {
  const url = ownApiUrl(textAt(yaml, [...source, 'url']), instance);
  if (url !== undefined) secureDataSource(yaml, url);
};

const editAgent: Edit = (yaml, instance) => {
  if (!servicesOf(instance).includes('carbon')) return;
  const plaintextPort = portOf('plaintext', instance.basePort);
  for (let index = 0; index < yaml.lengthOf(['outputs']); index++) {
    const output = ['outputs', index];
    if (yaml.get([...output, 'port']) !== plaintextPort) continue;
    yaml.set([...output, 'protocol'], 'tls');
    setMissing(yaml, [...output, 'tls'], agentTls);
  }
};

// carbon's own port would take a probe without a certificate for a failed handshake. A probe of the user's
// own that goes elsewhere stays.
const editSupervisor: Edit = (yaml, instance) => {
  const { basePort, listen } = instance;
  const probe = (service: string): YamlPath => ['services', service, 'probe'];
  const at = (host: string, name: Parameters<typeof portOf>[0]): string => {
    const reachable = reachableHost({ host, port: 0 });
    return `${reachable.includes(':') ? `[${reachable}]` : reachable}:${portOf(name, basePort)}`;
  };
  const rows = [
    ['carbon', 'plaintext', `tcp://${at('127.0.0.1', 'carbonserver')}`],
    ['carbonapi', 'carbonapi', `https://${at(listen.carbonapi, 'carbonapi')}/lb_check`],
    ['grafana', 'dashboards', `https://${at(listen.dashboards, 'dashboards')}/api/health`],
  ] as const;
  for (const [service, door, text] of rows) {
    const present = parseProbe(textAt(yaml, probe(service)) ?? '');
    const goesThere = present !== undefined && present.port === portOf(door, basePort);
    if (goesThere && present.kind !== 'https') yaml.set(probe(service), text);
  }
};

const edits: readonly { path: string; service: string | undefined; edit: Edit }[] = [
  { path: 'conf/carbon.yml', service: 'carbon', edit: editCarbon },
  { path: 'conf/carbonapi.yml', service: 'carbonapi', edit: editCarbonapi },
  { path: 'conf/grafana.yml', service: 'grafana', edit: editGrafana },
  {
    path: dataSourceFile,
    service: 'grafana',
    edit: editDataSource,
  },
  { path: 'conf/agent.yml', service: 'agent', edit: editAgent },
  { path: 'conf/supervisor.yml', service: undefined, edit: editSupervisor },
];

/**
 * What to change in the files of an instance, whose texts `read` gives (undefined for one that is not
 * there). A file that is as it should be is not in the answer.
 */
export function planEdits(
  instance: Instance,
  read: (path: string) => string | undefined,
): FileEdit[] {
  const services: readonly string[] = servicesOf(instance);
  return edits.flatMap(({ path, service, edit }) => {
    const before = read(path);
    if (before === undefined || (service !== undefined && !services.includes(service))) return [];
    const yaml = editYaml(before, path);
    edit(yaml, instance);
    const after = yaml.toString();
    return after === before ? [] : [{ path, before, after }];
  });
}

/** What a file of a secure instance would be, had it `text` before: what updates and restores compare with. */
export const secureText = (instance: Instance, path: string, text: string): string =>
  planEdits(instance, (wanted) => (wanted === path ? text : undefined))[0]?.after ?? text;
