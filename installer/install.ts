// A new installation: every check first, then the instance is built aside and moved into place.
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { exitCodes, messageOf, OperatingError } from '../bundle/core/errors.ts';
import { version } from '../bundle/core/version.ts';
import { type PortName, type PortRow, portOf, ports, servicesOfType } from '../bundle/services.ts';
import { instancePaths } from '../bundle/supervisor/instance.ts';
import { askDoor } from '../bundle/supervisor/probe.ts';
import {
  abandonStaging,
  beginStaging,
  checkNewDirectory,
  commitStaging,
  linkKit,
  lockDirectory,
  makeDirectory,
  removeCreated,
} from './data-dir.ts';
import { checkSpaceForKit } from './free-space.ts';
import { createInstallLog } from './install-log.ts';
import { type InstallPlan, templateContext } from './install-plan.ts';
import { checkKit, copyKit } from './kit-copy.ts';
import { checkAddress, checkPortsFree, ephemeralWarning } from './ports.ts';
import { type RenderedFile, renderTemplates } from './render-templates.ts';
import { planJoin, writeJoinSecrets } from './secure/join-token.ts';
import { secretPaths } from './secure/secret-files.ts';
import { applyEdits, clientAdvice, makeSecure, planSecure } from './secure/secure-instance.ts';
import { shellWord } from './shell-word.ts';
import { checkStorageFormat, markStorage } from './storage-format.ts';

export interface InstallSurroundings {
  kit: string;
  dryRun: boolean;
  say(line: string): void;
  warn(line: string): void;
}

/** What was rendered at installation, kept as the base of later merges. */
export const confBase = 'kits/conf-base';
const passwordCharactersMin = 8;
const serverTimeoutMs = 3000;

function readAdminPassword(file: string | undefined): string {
  if (file === undefined) return randomBytes(15).toString('base64url');
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new OperatingError(
      'bad-password-file',
      `cannot read --admin-password-file: ${messageOf(error)}`,
      {
        cause: error,
        exitCode: exitCodes.usage,
      },
    );
  }
  if (text.length >= passwordCharactersMin && !text.includes('\n')) return text;
  throw new OperatingError(
    'bad-password-file',
    `${file} must hold one line of at least ${passwordCharactersMin} characters`,
    { exitCode: exitCodes.usage },
  );
}

function checkProgram(name: string, option: string): void {
  const found = (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) {
    throw new OperatingError(
      'no-program',
      `${option} needs the program ${name}, which is not on PATH`,
      {
        exitCode: exitCodes.unavailable,
      },
    );
  }
}

function checkGrafana(home: string): void {
  if (existsSync(join(home, 'bin', 'grafana')) || existsSync(join(home, 'bin', 'grafana-server')))
    return;
  throw new OperatingError(
    'no-grafana',
    `--grafana: ${home} has no bin/grafana: it is not the directory of a Grafana`,
    {
      exitCode: exitCodes.usage,
    },
  );
}

// A server that is away is no error: the agent keeps its points, the dashboards ask again.
async function checkServer(plan: InstallPlan): Promise<string | undefined> {
  const { type, carbonServer } = plan.instance;
  if (servicesOfType[type].includes('carbon')) return undefined;
  const door = servicesOfType[type].includes('agent') ? 'plaintext' : 'carbonapi';
  const port = portOf(door, carbonServer.basePort);
  const problem = await askDoor(
    { kind: 'tcp', host: carbonServer.host, port, path: '' },
    serverTimeoutMs,
  );
  if (problem === undefined) return undefined;
  return `nothing answers at ${carbonServer.host}:${port} (${ports[door].use} of --carbon-server): ${problem}; the services will try again and again`;
}

async function checkEverything(
  plan: InstallPlan,
  { kit, warn }: InstallSurroundings,
): Promise<string> {
  const { instance } = plan;
  checkKit(kit);
  const home = checkNewDirectory(plan.directory, kit);
  checkSpaceForKit(home, 'an installation', kit);
  if (instance.systemCollectd) checkProgram('collectd', '--system-collectd');
  if (instance.grafanaHome !== undefined) checkGrafana(instance.grafanaHome);
  for (const host of new Set(Object.values(instance.listen))) await checkAddress(host);
  await checkPortsFree(instance.type, instance.basePort);
  for (const warning of [
    ...plan.warnings,
    ephemeralWarning(instance.type, instance.basePort),
    await checkServer(plan),
  ]) {
    if (warning !== undefined) warn(`warning: ${warning}`);
  }
  return home;
}

function writeFiles(root: string, files: readonly RenderedFile[]): void {
  for (const { path, content } of files) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content, { mode: 0o644 });
  }
}

function stage(
  staging: string,
  plan: InstallPlan,
  kit: string,
  files: readonly RenderedFile[],
): void {
  const at = (path: string): string => join(staging, path);
  const ownKit = at(join(instancePaths.kits, version));
  mkdirSync(at(instancePaths.kits), { recursive: true });
  copyKit(kit, ownKit);
  linkKit(staging, ownKit);
  writeFiles(staging, files);
  writeFiles(
    at(confBase),
    files.filter(({ path }) => path.startsWith(`${instancePaths.conf}/`)),
  );
  mkdirSync(at(instancePaths.storage), { recursive: true });
  markStorage(staging);
  mkdirSync(at(instancePaths.run), { recursive: true });
  const dashboards = join(kit, 'dashboards');
  if (existsSync(dashboards)) cpSync(dashboards, at(instancePaths.dashboards), { recursive: true });
  else mkdirSync(at(instancePaths.dashboards));
  const secret = at(instancePaths.adminPassword);
  mkdirSync(dirname(secret), { recursive: true, mode: 0o700 });
  writeFileSync(secret, `${readAdminPassword(plan.adminPasswordFile)}\n`, { mode: 0o600 });
  chmodSync(dirname(secret), 0o700);
  writeFileSync(at(instancePaths.instance), `${JSON.stringify(plan.instance, undefined, 2)}\n`);
}

async function stageSecrets(staging: string, plan: InstallPlan): Promise<void> {
  const { instance, secureHosts, join: token } = plan;
  if (secureHosts !== undefined) {
    await makeSecure(staging, planSecure(staging, instance, secureHosts), Date.now());
  }
  if (token !== undefined) {
    writeJoinSecrets(staging, token);
    applyEdits(staging, planJoin(staging, token));
  }
}

function portLines({ instance, secureHosts }: InstallPlan): string[] {
  const { type, basePort } = instance;
  return (Object.entries(ports) as [PortName, PortRow][])
    .filter(([, row]) => row.enabled && servicesOfType[type].includes(row.service))
    .map(([name, row]) => {
      const plain = [row.tcp ? 'TCP' : '', row.udp ? 'UDP' : ''].filter(Boolean).join(' and ');
      const transports = secureHosts !== undefined && row.open ? 'TLS' : plain;
      return `  port ${portOf(name, basePort)}  ${row.use} (${transports}${row.open ? '' : ', this machine only'})`;
    });
}

function describe(home: string, plan: InstallPlan): string[] {
  const { instance } = plan;
  const { type, reversedHostname } = instance;
  const services = servicesOfType[type];
  return [
    `dkumonitor ${version} in ${home}, type ${type}: ${services.join(', ')}`,
    ...portLines(plan),
    ...(services.includes('agent')
      ? [`  metrics of this host are stored under collectd.${reversedHostname}.`]
      : []),
    ...(services.includes('carbon') && !services.includes('agent')
      ? ['  no agent runs here; types all and backend-agent also collect the metrics of this host']
      : []),
    ...(services.includes('carbon')
      ? []
      : [`  server: ${instance.carbonServer.host}, base port ${instance.carbonServer.basePort}`]),
  ];
}

/** Installs according to `plan`. Nothing is written when a check fails, nothing is left when writing fails. */
export async function install(plan: InstallPlan, surroundings: InstallSurroundings): Promise<void> {
  const { kit, dryRun, say } = surroundings;
  const home = await checkEverything(plan, surroundings);
  const { instance } = plan;
  readAdminPassword(plan.adminPasswordFile);
  const files = renderTemplates(join(kit, 'templates'), templateContext(instance));
  if (dryRun) {
    for (const line of describe(home, plan)) say(line);
    say('would write (nothing is written now):');
    const written = [
      ...files.map(({ path }) => path),
      instancePaths.instance,
      instancePaths.adminPassword,
      ...(plan.secureHosts === undefined && plan.join === undefined ? [] : ['conf/secrets/tls/']),
      ...(plan.secureHosts === undefined ? [] : [secretPaths.tokens, secretPaths.dashboardsToken]),
      `${instancePaths.kits}/${version}/`,
    ];
    for (const path of written.sort()) say(`  ${join(home, path)}`);
    return;
  }

  const log = createInstallLog();
  const created = makeDirectory(home);
  const lock = lockDirectory(home);
  try {
    const staging = beginStaging(home);
    log.writeTo(join(staging, instancePaths.installLog));
    log.add(`installing version ${version}, type ${instance.type}, base port ${instance.basePort}`);
    stage(staging, plan, kit, files);
    await stageSecrets(staging, plan);
    for (const { path } of files) log.add(`wrote ${path}`);
    log.add('the configuration, the password of admin and the kit are in place');
    checkStorageFormat(home);
    commitStaging(home);
    lock.release();
  } catch (error) {
    abandonStaging(home);
    lock.release();
    removeCreated(home, created);
    throw error;
  }
  for (const line of describe(home, plan)) say(line);
  if (servicesOfType[instance.type].includes('grafana')) {
    say(`  user admin, password in ${join(home, instancePaths.adminPassword)}`);
  }
  if (plan.secureHosts !== undefined) {
    for (const line of clientAdvice(home, planSecure(home, instance, plan.secureHosts)))
      say(`  ${line}`);
  }
  say(`start it:  ${shellWord(join(home, 'bin', 'dkm'))} start`);
  say(`at boot:   sudo ${shellWord(join(home, 'bin', 'dkmadmin'))} install-boot`);
}
