// The built-in dashboards: login, dashboards as files, the viewer's own files and a way to
// carbonapi, on one port. Nothing here talks to any other host.
import { dirname, join } from 'node:path';
import {
  type HttpAnswer,
  HttpError,
  type HttpHandler,
  type HttpRequest,
  jsonAnswer,
  startHttpServer,
} from '../core/http.ts';
import { type ListenAddress, parseListenAddress } from '../core/listen-address.ts';
import type { Logger } from '../core/log.ts';
import { version } from '../core/version.ts';
import {
  type Authentication,
  adminName,
  createAuthentication,
  createFirstUser,
} from './auth/authentication.ts';
import { refuseCrossSite } from './auth/cross-site.ts';
import { addUser, removeUser } from './auth/user-administration.ts';
import { openUserStore, type User } from './auth/user-store.ts';
import type { GrafanaConfig } from './config.ts';
import { slugOf } from './dashboard-files/check-dashboard.ts';
import { openDashboardStore, type StoredDashboard } from './dashboard-files/dashboard-store.ts';
import { installShippedDashboards } from './dashboard-files/shipped-dashboards.ts';
import { openCarbonapiAccess } from './proxy/carbonapi-access.ts';
import { type CarbonapiProxy, createCarbonapiProxy } from './proxy/carbonapi-proxy.ts';
import { loadStaticFiles } from './static-files.ts';

export interface DashboardServer {
  address: ListenAddress;
  /** Applies carbonapi, its limits and anonymous viewing; the other keys need a restart. */
  reload(config: GrafanaConfig): void;
  stop(): Promise<void>;
}

const bodyBytesMax = 6_000_000;

/** No inline script, no style element, no other host, no frame around us. */
export const securityHeaders: Record<string, string> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

/** Path of `rootUrl` without a slash at the end: '' or '/monitoring'. */
export function basePathOf(rootUrl: string): string {
  return rootUrl === '' ? '' : new URL(rootUrl).pathname.replace(/\/+$/, '');
}

function jsonBody(request: HttpRequest): Record<string, unknown> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new HttpError(415, 'send application/json');
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new HttpError(400, 'the body is not a JSON object');
}

type Access = 'open' | 'view' | 'edit';

const proxyFor = (config: GrafanaConfig): CarbonapiProxy =>
  createCarbonapiProxy({
    carbonapi: config.carbonapi,
    access: openCarbonapiAccess(config),
    timeoutMs: config.carbonapiTimeoutSeconds * 1000,
    requestsMax: config.requestsMax,
  });

const liveKeys = [
  'carbonapi',
  'carbonapiTokenFile',
  'carbonapiCa',
  'carbonapiTimeoutSeconds',
  'requestsMax',
  'anonymousViewing',
];

export async function startDashboardServer(
  config: GrafanaConfig,
  log: Logger,
): Promise<DashboardServer> {
  let live = config;
  const basePath = basePathOf(config.rootUrl);
  const nowMs = Date.now;
  const files = loadStaticFiles(config.staticDirectory, basePath);
  const added = installShippedDashboards({
    shippedDirectory: join(config.staticDirectory, 'dashboards'),
    dashboardsDirectory: config.dashboardsDirectory,
    ledgerFile: join(dirname(config.usersDatabase), 'shipped-dashboards.json'),
  });
  if (added.length > 0) log.info('dashboards of this version added', { files: added.join(' ') });
  const dashboards = openDashboardStore(config.dashboardsDirectory, log);
  const users = openUserStore({
    file: config.usersDatabase,
    sessionHours: config.sessionHours,
    nowMs,
  });
  await createFirstUser(users, config.adminPasswordFile, log);
  const authentication: Authentication = createAuthentication({
    users,
    sessionHours: config.sessionHours,
    cookiePath: `${basePath}/`,
    cookieSecure: config.tls.certificate !== '' || config.rootUrl.startsWith('https:'),
    adminPasswordFile: config.adminPasswordFile,
    log,
    nowMs,
  });
  let proxy = proxyFor(config);

  const guarded = (access: Access, handler: HttpHandler): HttpHandler => {
    return (request, response) => {
      refuseCrossSite(request, config.rootUrl);
      if (access !== 'open') {
        const user = authentication.userOf(request);
        if (user === undefined && !(access === 'view' && live.anonymousViewing))
          throw new HttpError(401, 'log in first');
        if (access === 'edit' && user?.role !== 'admin')
          throw new HttpError(403, 'this user may look at dashboards, not change them');
      }
      return handler(request, response);
    };
  };

  const describe = ({ dashboard, file }: StoredDashboard) => ({
    uid: dashboard.uid,
    title: dashboard.title,
    url: `${basePath}/d/${dashboard.uid}/${slugOf(dashboard.title)}`,
    type: 'dash-db',
    tags: dashboard.tags,
    description: typeof dashboard['description'] === 'string' ? dashboard['description'] : '',
    panels: Array.isArray(dashboard['panels']) ? dashboard['panels'].length : 0,
    file,
  });

  async function search(request: HttpRequest): Promise<HttpAnswer> {
    const query = (request.parameters.get('query') ?? '').toLowerCase();
    const tags = request.parameters.getAll('tag');
    const found = (await dashboards.list()).map(describe).filter((row) => {
      const text = `${row.title} ${row.tags.join(' ')}`.toLowerCase();
      return text.includes(query) && tags.every((tag) => row.tags.includes(tag));
    });
    return jsonAnswer(found);
  }

  /** Who looks: always 200, so that asking leaves no error behind; role '' means log in first. */
  function session(request: HttpRequest): HttpAnswer {
    const user: User | undefined = authentication.userOf(request);
    const isAnonymous = user === undefined && live.anonymousViewing;
    if (user === undefined && !isAnonymous) return jsonAnswer({ name: '', role: '' });
    const { name = '', role = 'viewer' } = user ?? {};
    return jsonAnswer({ name, role, isAnonymous, version });
  }

  async function save(request: HttpRequest): Promise<HttpAnswer> {
    const body = jsonBody(request);
    const stored = await dashboards.save(body['dashboard'], body['overwrite'] === true);
    const { uid, url, file } = describe(stored);
    log.info('dashboard saved', { uid, file, user: authentication.userOf(request)?.name });
    return jsonAnswer({ status: 'success', uid, url, file, version: stored.dashboard.version });
  }

  const fixed = new Map<string, HttpHandler>([
    [
      'GET /api/health',
      guarded('open', () => jsonAnswer({ database: users.isEmpty() ? 'empty' : 'ok', version })),
    ],
    ['GET /api/session', guarded('open', session)],
    ['PUT /api/user/password', guarded('view', authentication.changePassword)],
    ['POST /login', guarded('open', authentication.login)],
    ['POST /logout', guarded('open', authentication.logout)],
    ['GET /api/search', guarded('view', search)],
    ['GET /api/users', guarded('edit', () => jsonAnswer(users.list()))],
    ['POST /api/users', guarded('edit', (request) => addUser(users, jsonBody(request), log))],
    ['POST /api/dashboards/db', guarded('edit', save)],
  ]);

  function userHandler(method: string, id: number): HttpHandler | undefined {
    if (method !== 'DELETE') return undefined;
    return guarded('edit', (request) =>
      removeUser(users, id, authentication.userOf(request)?.id, log),
    );
  }

  function dashboardHandler(method: string, uid: string): HttpHandler | undefined {
    if (method === 'GET')
      return guarded('view', async () => {
        const stored = await dashboards.get(uid);
        return jsonAnswer({ dashboard: stored.dashboard, meta: describe(stored) });
      });
    if (method === 'DELETE')
      return guarded('edit', async (request) => {
        await dashboards.remove(uid);
        log.info('dashboard deleted', { uid, user: authentication.userOf(request)?.name });
        return jsonAnswer({ status: 'success' });
      });
    return undefined;
  }

  function route(method: string, fullPath: string): HttpHandler | undefined {
    const inBase = fullPath === basePath || fullPath.startsWith(`${basePath}/`);
    const path = basePath !== '' && inBase ? fullPath.slice(basePath.length) || '/' : fullPath;
    const known = fixed.get(`${method} ${path}`);
    if (known !== undefined) return known;
    const uid = /^\/api\/dashboards\/uid\/([A-Za-z0-9_-]{1,64})$/.exec(path)?.[1];
    if (uid !== undefined) return dashboardHandler(method, uid);
    const userId = /^\/api\/users\/(\d{1,9})$/.exec(path)?.[1];
    if (userId !== undefined) return userHandler(method, Number(userId));
    const passed = /^\/api\/datasources\/proxy\/(?:uid\/)?[A-Za-z0-9_-]+(\/.+)$/.exec(path)?.[1];
    if (passed !== undefined) {
      const handler = proxy.handlerOf(method, passed);
      return handler === undefined ? undefined : guarded('view', handler);
    }
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const isPage = /^\/(?:login|dashboards|d\/[^/]+(?:\/[^/]*)?)?$/.test(path);
    return isPage ? files.page : files.handlerOf(path);
  }

  const http = await startHttpServer({
    name: 'the dashboards',
    address: parseListenAddress(config.listen),
    route,
    log,
    bodyBytesMax,
    headers: securityHeaders,
    tls: config.tls,
  });
  log.info('dashboards listen', { port: http.address.port, login: adminName });
  return {
    address: http.address,
    reload(next) {
      const nextProxy = proxyFor(next);
      proxy.stop();
      proxy = nextProxy;
      live = next;
      const isFixed = (key: string): boolean =>
        !liveKeys.includes(key) &&
        JSON.stringify(next[key as keyof GrafanaConfig]) !==
          JSON.stringify(config[key as keyof GrafanaConfig]);
      const fixed = Object.keys(next).filter(isFixed);
      if (fixed.length > 0) log.warn('these keys need a restart', { keys: fixed.join(' ') });
    },
    async stop() {
      await http.stop();
      proxy.stop();
      users.close();
    },
  };
}
