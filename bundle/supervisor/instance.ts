// What an instance directory holds and what its conf/instance.json says. Every path is relative
// to the instance directory, so that the directory can be moved.
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf, exitCodes, messageOf, OperatingError } from '../core/errors.ts';
import { type InstallType, installTypes, type ServiceName, servicesOfType } from '../services.ts';

export const instancePaths = {
  bin: 'bin',
  conf: 'conf',
  storage: 'storage',
  run: 'run',
  dashboards: 'dashboards',
  kits: 'kits',
  lib: 'lib',
  static: 'static',
  /** Manual pages and completion scripts. */
  share: 'share',
  instance: 'conf/instance.json',
  supervisorConfig: 'conf/supervisor.yml',
  adminPassword: 'conf/secrets/admin-password',
  installLog: 'run/install.log',
  supervisorLog: 'run/supervisor.log',
  supervisorOutput: 'run/supervisor-out.log',
  supervisorPid: 'run/supervisor.pid',
  servicesRecord: 'run/services.json',
  controlDirectory: 'run/control',
  // Used relative to the working directory: a socket address has room for about 100 characters.
  controlSocket: 'run/control/dkm.sock',
  pm2Home: 'run/pm2',
} as const;

export const logFileOf = (service: string): string => `run/${service}.log`;
/** What a service's process prints by itself: a crash, a child program. */
export const outputFileOf = (service: string): string => `run/${service}-out.log`;

export interface Instance {
  /** The version that wrote the configuration. */
  version: string;
  type: InstallType;
  basePort: number;
  hostname: string;
  /** The name metrics are stored under, dots between its parts. */
  reversedHostname: string;
  listen: { carbon: string; carbonapi: string; dashboards: string };
  carbonServer: { host: string; basePort: number };
  /** Root may run this instance. */
  allowRoot: boolean;
  systemCollectd: boolean;
  /** Directory of a Grafana that is run instead of the built-in dashboards. */
  grafanaHome?: string;
  installedAt: string;
}

function isInstance(value: unknown): value is Instance {
  if (typeof value !== 'object' || value === null) return false;
  const known = value as Partial<Instance>;
  return (
    typeof known.version === 'string' &&
    installTypes.some((type) => type === known.type) &&
    typeof known.basePort === 'number' &&
    typeof known.hostname === 'string'
  );
}

/** Reads the instance in `home`; an OperatingError when there is none or its file is broken. */
export function readInstance(home: string): Instance {
  const path = join(home, instancePaths.instance);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason =
      codeOf(error) === 'ENOENT'
        ? `${home} is not an instance directory: it has no ${instancePaths.instance}`
        : `cannot read ${path}: ${messageOf(error)}`;
    throw new OperatingError('no-instance', reason, { exitCode: exitCodes.config, cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OperatingError('bad-instance', `${path} is not JSON: ${messageOf(error)}`, {
      exitCode: exitCodes.config,
      cause: error,
    });
  }
  if (!isInstance(value)) {
    throw new OperatingError(
      'bad-instance',
      `${path} must hold version, type (${installTypes.join(', ')}), basePort and hostname`,
      { exitCode: exitCodes.config },
    );
  }
  return value;
}

/** The instance directory: what was given, DKUMONITOR_HOME, or the working directory. */
export function findHome(given?: string): string {
  return resolve(given ?? process.env['DKUMONITOR_HOME'] ?? '.');
}

export const servicesOf = (instance: Instance): readonly ServiceName[] =>
  servicesOfType[instance.type];

/** Refuses the superuser on Linux unless the instance or the caller allows it. */
export function refuseRoot(options: { allowRoot: boolean; program: string }): void {
  const { allowRoot, program } = options;
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return;
  if (allowRoot || process.env['DKM_ALLOW_ROOT'] === '1') return;
  throw new OperatingError(
    'root',
    `${program} does not run as root: use an ordinary user, or pass --allow-root`,
    { exitCode: exitCodes.usage },
  );
}

/** Refuses root on an instance of another user: files it made there would be closed to that user. */
export function refuseForeignOwner(home: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid } = statSync(home);
  if (uid === 0) return;
  throw new OperatingError(
    'foreign-owner',
    `${home} belongs to the user with number ${uid}: do this as that user (su, runuser or sudo -u '#${uid}')`,
    { exitCode: exitCodes.usage },
  );
}
