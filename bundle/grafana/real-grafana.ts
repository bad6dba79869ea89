// Runs an installed Grafana in place of the built-in viewer, as a child of this process: paths and
// secrets go through its environment, so that conf/grafana.ini holds neither.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFileAtomicSync } from '../core/atomic-file.ts';
import { exitCodes, OperatingError } from '../core/errors.ts';
import { parseListenAddress } from '../core/listen-address.ts';
import type { Logger } from '../core/log.ts';
import type { RunningService } from '../core/service.ts';
import { generatePassword } from './auth/password.ts';
import type { GrafanaConfig } from './config.ts';
import { openCarbonapiAccess } from './proxy/carbonapi-access.ts';

const secretKeyFile = 'conf/secrets/grafana-secret-key';
const startSecondsMax = 120;
const stopMs = 15_000;

/** The content of `file`, which is created with `fresh()` and mode 0600 when missing. */
function secretIn(file: string, fresh: () => string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileAtomicSync(file, `${fresh()}\n`, 0o600);
  }
  return readFileSync(file, 'utf8').trim();
}

// Names that conf/grafana.d/provisioning/datasources may use.
function carbonapiEnvironment(config: GrafanaConfig): Record<string, string> {
  const { ca, authorization } = openCarbonapiAccess(config);
  const header = authorization();
  return {
    ...(header === undefined ? {} : { DKUMONITOR_CARBONAPI_AUTHORIZATION: header }),
    ...(ca === undefined ? {} : { DKUMONITOR_CARBONAPI_CA: ca }),
  };
}

function tlsEnvironment({ tls }: GrafanaConfig): Record<string, string> {
  if (tls.certificate === '') return {};
  return {
    GF_SERVER_PROTOCOL: 'https',
    GF_SERVER_CERT_FILE: resolve(tls.certificate),
    GF_SERVER_CERT_KEY: resolve(tls.key),
    GF_SERVER_CERTS_WATCH_INTERVAL: '30s',
    GF_SECURITY_COOKIE_SECURE: 'true',
  };
}

/** The environment that makes Grafana use this instance's places, address and secrets. */
export function grafanaEnvironment(config: GrafanaConfig): Record<string, string> {
  const { host, port } = parseListenAddress(config.listen);
  return {
    DKUMONITOR_HOME: resolve('.'),
    GF_PATHS_DATA: resolve('storage/grafana'),
    GF_PATHS_LOGS: resolve('run'),
    GF_PATHS_PLUGINS: resolve('storage/grafana/plugins'),
    GF_PATHS_PROVISIONING: resolve('conf/grafana.d/provisioning'),
    GF_SERVER_HTTP_ADDR: host,
    GF_SERVER_HTTP_PORT: String(port),
    ...tlsEnvironment(config),
    ...carbonapiEnvironment(config),
    ...(config.rootUrl === '' ? {} : { GF_SERVER_ROOT_URL: config.rootUrl }),
    GF_AUTH_ANONYMOUS_ENABLED: String(config.anonymousViewing),
    GF_SECURITY_ADMIN_PASSWORD: secretIn(config.adminPasswordFile, generatePassword),
    GF_SECURITY_SECRET_KEY: secretIn(secretKeyFile, () => randomBytes(24).toString('base64url')),
  };
}

function commandOf(home: string): { file: string; args: string[] } {
  const shared = ['--homepath', home, '--config', resolve('conf/grafana.ini')];
  const current = join(home, 'bin/grafana');
  if (existsSync(current)) return { file: current, args: ['server', ...shared] };
  const old = join(home, 'bin/grafana-server'); // Grafana before 9
  if (existsSync(old)) return { file: old, args: shared };
  throw new OperatingError(
    'no-grafana',
    `grafanaHome is ${home}, but there is neither bin/grafana nor bin/grafana-server in it`,
  );
}

function isHealthy(config: GrafanaConfig): Promise<boolean> {
  const { host, port } = parseListenAddress(config.listen);
  const ask = config.tls.certificate === '' ? request : secureRequest;
  return new Promise((done) => {
    const probe = ask(
      {
        host: host === '' || host === '0.0.0.0' ? '127.0.0.1' : host,
        port,
        path: '/api/health',
        rejectUnauthorized: false, // only whether it answers is of interest
      },
      (answer) => {
        answer.resume();
        done(answer.statusCode === 200);
      },
    );
    probe.setTimeout(2000, () => probe.destroy());
    probe.on('error', () => done(false));
    probe.end();
  });
}

async function untilReady(child: ChildProcess, config: GrafanaConfig): Promise<void> {
  for (let tries = 0; tries < startSecondsMax * 5; tries++) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new OperatingError('grafana-ended', 'Grafana ended while it started, see its log');
    if (await isHealthy(config)) return;
    await delay(200);
  }
  throw new OperatingError('grafana-slow', `Grafana was not ready after ${startSecondsMax} s`);
}

/** Starts Grafana; resolves once its health check answers. */
export async function runRealGrafana(config: GrafanaConfig, log: Logger): Promise<RunningService> {
  const { file, args } = commandOf(resolve(config.grafanaHome));
  const { PATH = '', HOME = '', LANG = 'C.UTF-8', TZ } = process.env;
  const child = spawn(file, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { PATH, HOME, LANG, ...(TZ === undefined ? {} : { TZ }), ...grafanaEnvironment(config) },
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.once('error', (error) => log.error(`cannot run ${file}: ${error.message}`));
  try {
    await untilReady(child, config);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const endWithIt = (code: number | null, signal: string | null): void => {
    log.error('Grafana ended by itself', { code: code ?? undefined, signal: signal ?? undefined });
    process.exit(exitCodes.failure); // the supervisor starts both anew
  };
  child.once('exit', endWithIt);
  return {
    async stop() {
      child.off('exit', endWithIt);
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(killer);
    },
  };
}
