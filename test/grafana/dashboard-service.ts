// The built-in dashboards in a temporary instance, for tests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../bundle/core/log.ts';
import { type GrafanaConfig, grafanaSchema } from '../../bundle/grafana/config.ts';
import { type DashboardServer, startDashboardServer } from '../../bundle/grafana/server.ts';
import { buildViewer } from '../../bundle/grafana/viewer/build.ts';

export const adminPassword = 'first-password-of-admin';

export interface TestInstance {
  directory: string;
  config: GrafanaConfig;
  url: string;
  reload(config: GrafanaConfig): void;
  /** Stops the service and starts it again on the same files. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestInstanceOptions extends Partial<GrafanaConfig> {
  /** The real viewer is built; otherwise a page and a script stand for it. */
  withViewer?: boolean;
}

function writeStandIn(directory: string): void {
  mkdirSync(join(directory, 'dashboards'), { recursive: true });
  const files: Record<string, [string, string]> = {
    'index.html': ['text/html; charset=utf-8', '<head><base href="/"></head>'],
    'viewer.js': ['text/javascript; charset=utf-8', 'export {};\n'],
  };
  const manifest: Record<string, { contentType: string }> = {};
  for (const [name, [contentType, content]] of Object.entries(files)) {
    writeFileSync(join(directory, name), content);
    manifest[name] = { contentType };
  }
  writeFileSync(join(directory, 'secret.txt'), 'not in the manifest');
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(manifest));
  const shipped = {
    uid: 'shipped',
    title: 'Shipped one',
    version: 1,
    tags: ['system'],
    panels: [],
  };
  writeFileSync(join(directory, 'dashboards/shipped.json'), JSON.stringify(shipped));
}

export async function startInstance(options: TestInstanceOptions = {}): Promise<TestInstance> {
  const { withViewer = false, ...overrides } = options;
  const directory = mkdtempSync(join(tmpdir(), 'dkumonitor-grafana-'));
  const inside = (path: string): string => join(directory, path);
  const config: GrafanaConfig = {
    ...grafanaSchema.parse({}),
    listen: '127.0.0.1:0',
    carbonapi: 'http://127.0.0.1:9',
    staticDirectory: inside('static'),
    dashboardsDirectory: inside('dashboards'),
    usersDatabase: inside('storage/grafana/users.db'),
    adminPasswordFile: inside('conf/secrets/admin-password'),
    ...overrides,
  };
  mkdirSync(inside('conf/secrets'), { recursive: true });
  writeFileSync(config.adminPasswordFile, `${adminPassword}\n`, { mode: 0o600 });
  if (withViewer) await buildViewer(config.staticDirectory);
  else writeStandIn(config.staticDirectory);
  let server: DashboardServer = await startDashboardServer(config, silentLogger);
  const instance: TestInstance = {
    directory,
    config,
    url: `http://127.0.0.1:${server.address.port}`,
    reload: (next) => server.reload(next),
    async restart() {
      await server.stop();
      server = await startDashboardServer(config, silentLogger);
      instance.url = `http://127.0.0.1:${server.address.port}`;
    },
    async stop() {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return instance;
}

/** Logs in and returns the Cookie header of the session. */
export async function logIn(url: string, password = adminPassword): Promise<string> {
  const answer = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'admin', password }),
  });
  if (answer.status !== 200) throw new Error(`login answered ${answer.status}`);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
