// What `dkm start`, `stop` and `restart` do: talk to the supervisor, start it when it does not
// run, and wait until what was asked for is true.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { exitCodes, OperatingError } from '../core/errors.ts';
import { lockOwner } from '../core/process-lock.ts';
import { logFileVariable } from '../core/service-state.ts';
import { type ServiceName, serviceNamed } from '../services.ts';
import { askStatus, callSupervisor } from './control-client.ts';
import { memoryEnvironment, scrubEnvironment } from './environment.ts';
import { type Instance, instancePaths, servicesOf } from './instance.ts';
import { entryFile, fromHome, nodeBinary, supervisorFlags } from './kit.ts';
import { endLeftovers, leftoverServices } from './leftovers.ts';
import { lastLines, lastLinesOfService } from './log-view.ts';
import { endProcess, waitForEnd } from './process-info.ts';
import { type ServiceStatus, type SupervisorStatus, startAgainExitCode } from './protocol.ts';

export interface ControlContext {
  /** The instance directory; also the working directory. */
  home: string;
  instance: Instance;
  allowRoot: boolean;
  /** Prints one line of progress. */
  say(line: string): void;
}

const pollMs = 50;
const supervisorStartMsMax = 20_000;
const shutdownMsMax = 600_000;
const lastLinesShown = 20;
const leftoverPoliteMs = 30_000;
// Starting again cannot help against these.
const hopelessExitCodes: (number | null)[] = [
  exitCodes.usage,
  exitCodes.unavailable,
  exitCodes.config,
];

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pollMs));

/** The services meant by `words` (all when there are none); an error names those there are. */
export function servicesMeant(instance: Instance, words: readonly string[]): ServiceName[] {
  const known = servicesOf(instance);
  if (words.length === 0) return [...known];
  return words.map((word) => {
    const name = serviceNamed(word);
    if (name !== undefined && known.includes(name)) return name;
    throw new OperatingError(
      'no-service',
      `this installation (type ${instance.type}) has no service "${word}": it has ${known.join(', ')}`,
      { exitCode: exitCodes.usage },
    );
  });
}

async function launchSupervisor(context: ControlContext, names: readonly string[]): Promise<void> {
  const { home } = context;
  mkdirSync(instancePaths.run, { recursive: true });
  const output = openSync(instancePaths.supervisorOutput, 'a', 0o640);
  const child = spawn(
    fromHome(home, nodeBinary()),
    [
      ...supervisorFlags,
      fromHome(home, entryFile('supervisor')),
      ...(context.allowRoot ? ['--allow-root'] : []),
      ...(names.length === 0 ? [] : ['--services', names.join(',')]),
    ],
    {
      detached: true,
      stdio: ['ignore', output, output],
      env: {
        ...scrubEnvironment(process.env),
        ...memoryEnvironment,
        DKUMONITOR_HOME: home,
        [logFileVariable]: instancePaths.supervisorLog,
      },
    },
  );
  closeSync(output);
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  const deadline = Date.now() + supervisorStartMsMax;
  for (;;) {
    const status = await askStatus();
    if (status !== undefined) break;
    if (ended !== undefined || Date.now() > deadline) {
      const words = lastLines(instancePaths.supervisorOutput, lastLinesShown).join('\n');
      throw new OperatingError(
        'no-supervisor',
        `the supervisor did not start (${ended ?? 'no answer'})\n${words}`,
      );
    }
    await pause();
  }
  child.unref();
}

const hopeless = (service: ServiceStatus): boolean =>
  service.state === 'crash-looping' ||
  (service.state !== 'ready' &&
    service.lastEnd !== '' &&
    hopelessExitCodes.includes(service.lastExitCode));

function reportFailure(context: ControlContext, failed: readonly ServiceStatus[]): never {
  for (const { name, state, reason } of failed) {
    context.say(`${name}: ${state}${reason === '' ? '' : ` (${reason})`}; its last lines:`);
    for (const line of lastLinesOfService(name, lastLinesShown)) context.say(`    ${line}`);
  }
  const names = failed.map(({ name }) => name).join(', ');
  throw new OperatingError(
    'not-ready',
    `not ready: ${names}; the supervisor keeps trying (dkm status)`,
  );
}

/** Waits until the services are ready; throws with their last log lines when they will not be. */
async function waitUntilReady(
  context: ControlContext,
  names: readonly ServiceName[],
): Promise<SupervisorStatus> {
  const begun = Date.now();
  const told = new Set<string>();
  for (;;) {
    const status = await askStatus();
    if (status === undefined) {
      const words = lastLines(instancePaths.supervisorLog, lastLinesShown).join('\n');
      throw new OperatingError('no-supervisor', `the supervisor has ended\n${words}`);
    }
    const wanted = status.services.filter(({ name }) => names.includes(name));
    for (const { name, state, pid, ports } of wanted) {
      if (state !== 'ready' || told.has(name)) continue;
      told.add(name);
      const seconds = ((Date.now() - begun) / 1000).toFixed(1);
      const where = ports === '' ? '' : `, port ${ports.replaceAll(' ', ' and ')}`;
      context.say(`${name} is ready (pid ${pid}${where}) after ${seconds} s`);
    }
    if (wanted.every(({ state }) => state === 'ready')) return status;
    const late = Date.now() - begun > status.startSecondsMax * 1000;
    const failed = wanted.filter((service) =>
      late ? service.state !== 'ready' : hopeless(service),
    );
    if (failed.length > 0) reportFailure(context, failed);
    await pause();
  }
}

/** Starts services (all without `words`) and returns when they are ready. */
export async function startServices(
  context: ControlContext,
  words: readonly string[],
): Promise<void> {
  const names = servicesMeant(context.instance, words);
  if ((await askStatus()) === undefined) {
    await launchSupervisor(context, words.length === 0 ? [] : names);
  } else {
    await callSupervisor('POST', '/start', { services: names });
  }
  await waitUntilReady(context, names);
}

/** Ends the supervisor and every service; true when something ran. */
export async function stopEverything(context: ControlContext): Promise<boolean> {
  const owner = lockOwner(instancePaths.supervisorPid);
  if (owner !== undefined) {
    await callSupervisor('POST', '/shutdown', { exitCode: 0 });
    if (!(await waitForEnd(owner, shutdownMsMax))) await endProcess(owner, 1000);
  }
  const leftovers = leftoverServices();
  for (const name of Object.keys(leftovers))
    context.say(`ending ${name}, left over without a supervisor`);
  await endLeftovers(leftovers, () => leftoverPoliteMs);
  return owner !== undefined || Object.keys(leftovers).length > 0;
}

/** Stops services; all of them means the supervisor too. */
export async function stopServices(
  context: ControlContext,
  words: readonly string[],
): Promise<void> {
  if (words.length === 0) {
    context.say((await stopEverything(context)) ? 'stopped' : 'was not running');
    return;
  }
  const names = servicesMeant(context.instance, words);
  if ((await callSupervisor('POST', '/stop', { services: names })) === undefined) {
    context.say('was not running');
    return;
  }
  for (const name of names) context.say(`${name} is stopped`);
}

async function restartUnderSystemd(
  context: ControlContext,
  before: SupervisorStatus,
): Promise<void> {
  await callSupervisor('POST', '/shutdown', { exitCode: startAgainExitCode });
  const deadline = Date.now() + shutdownMsMax;
  for (;;) {
    const status = await askStatus();
    if (status !== undefined && status.pid !== before.pid) break;
    if (Date.now() > deadline) {
      throw new OperatingError('no-supervisor', 'systemd did not start the supervisor again');
    }
    await pause();
  }
  await waitUntilReady(context, servicesOf(context.instance));
}

/** Restarts services; all of them means the supervisor too, so that a new version takes over. */
export async function restartServices(
  context: ControlContext,
  words: readonly string[],
): Promise<void> {
  const status = await askStatus();
  if (words.length === 0) {
    if (status?.startedBy === 'systemd') return restartUnderSystemd(context, status);
    await stopEverything(context);
    return startServices(context, []);
  }
  if (status === undefined) return startServices(context, words);
  const names = servicesMeant(context.instance, words);
  await callSupervisor('POST', '/restart', { services: names });
  await waitUntilReady(context, names);
}

/** Asks running services for something; an error when the supervisor does not run. */
export async function askServices(
  context: ControlContext,
  action: 'reload' | 'reopenlogs',
  words: readonly string[],
): Promise<void> {
  const services = servicesMeant(context.instance, words);
  if ((await callSupervisor('POST', `/${action}`, { services })) === undefined) throw notRunning();
}

export const notRunning = (): OperatingError =>
  new OperatingError('not-running', 'the dkumonitor supervisor is not running');
