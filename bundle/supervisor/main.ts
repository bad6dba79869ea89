// The supervisor (`dkm supervise`): one process in the foreground that runs the services of an
// instance until it is told to stop. Under systemd, in a container, or started by `dkm start`.
import { mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadConfig } from '../core/config.ts';
import { exitCodes, messageOf, OperatingError } from '../core/errors.ts';
import { createLogger, openLogFile } from '../core/log.ts';
import { takeLock } from '../core/process-lock.ts';
import { logFileVariable } from '../core/service-state.ts';
import { collectStartGarbage } from '../core/start-garbage.ts';
import { version } from '../core/version.ts';
import { type ServiceName, serviceNamed } from '../services.ts';
import { supervisorSchema } from './config.ts';
import { serveControl } from './control-server.ts';
import { startDailyUpkeep } from './daily-upkeep.ts';
import {
  findHome,
  instancePaths,
  logFileOf,
  outputFileOf,
  readInstance,
  refuseForeignOwner,
  refuseRoot,
  servicesOf,
} from './instance.ts';
import { createLogRotation } from './log-rotation.ts';
import { runServiceHere } from './run-service.ts';
import { createSupervisor } from './supervisor.ts';
import { notifySystemd, watchdogIntervalMs } from './systemd-notify.ts';

const lookIntervalMs = 50;
const calmLookIntervalMs = 1000;
const megabyte = 1024 * 1024;

async function supervise(): Promise<void> {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string' },
      services: { type: 'string' }, // start only these
      run: { type: 'string' }, // run this one in the foreground, without supervision
      'allow-root': { type: 'boolean', default: false },
    },
    strict: true,
    allowPositionals: true,
  });
  const home = findHome(values.directory);
  const instance = readInstance(home);
  refuseRoot({ allowRoot: instance.allowRoot || values['allow-root'], program: 'dkm' });
  refuseForeignOwner(home);
  process.chdir(home);
  process.title = 'dkm supervise';
  mkdirSync(instancePaths.run, { recursive: true });
  const config = loadConfig(supervisorSchema, instancePaths.supervisorConfig);

  const runOnly = serviceNamed(values.run ?? '');
  if (runOnly !== undefined) process.exit(await runServiceHere(home, runOnly, config));

  const lock = takeLock(instancePaths.supervisorPid);
  if ('pid' in lock) {
    throw new OperatingError(
      'already-running',
      `a supervisor of ${home} runs already (pid ${lock.pid}): dkm stop ends it`,
      { exitCode: exitCodes.unavailable },
    );
  }
  const logPath = process.env[logFileVariable];
  const logFile = logPath === undefined ? undefined : openLogFile(logPath);
  const log = createLogger('info', logFile?.write);
  // The services need this process more than it needs to understand every failure.
  process.on('uncaughtException', (error) =>
    log.error(`unexpected: ${error.stack ?? error.message}`),
  );
  const services = servicesOf(instance);
  const supervisor = createSupervisor({ home, instance, config, log });

  const rotation = createLogRotation({
    limits: {
      fileBytesMax: config.logs.fileMbMax * megabyte,
      filesMax: config.logs.filesMax,
      totalBytesMax: config.logs.totalMbMax * megabyte,
    },
    logs: () => [
      ...services.map((name) => ({
        path: logFileOf(name),
        reopen: () => supervisor.signal([name], 'SIGUSR2'),
      })),
      ...(logFile === undefined
        ? []
        : [{ path: instancePaths.supervisorLog, reopen: logFile.reopen }]),
    ],
    outputs: () => services.map(outputFileOf),
    directory: instancePaths.run,
  });

  let stopping = false;
  let closeControl = (): void => {};
  const shutdown = (exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    notifySystemd('STOPPING=1');
    supervisor
      .close()
      .catch((error: unknown) => log.error(`cannot stop cleanly: ${messageOf(error)}`))
      .finally(() => {
        closeControl();
        rmSync(instancePaths.controlSocket, { force: true });
        lock.release();
        log.info('supervisor stopped');
        process.exit(exitCode);
      });
  };
  const reopenLogs = (names: readonly ServiceName[]): void => {
    logFile?.reopen();
    supervisor.signal(names, 'SIGUSR2');
  };
  process.on('SIGTERM', () => shutdown(exitCodes.ok));
  process.on('SIGINT', () => shutdown(exitCodes.ok));
  process.on('SIGHUP', () => supervisor.signal(services, 'SIGHUP'));
  process.on('SIGUSR2', () => reopenLogs(services));

  closeControl = await serveControl({ supervisor, services, reopenLogs, shutdown });
  log.info('supervisor started', { version, pid: process.pid, type: instance.type });
  const first = (values.services ?? '').split(',').filter((name) => name !== '');
  await supervisor.start(
    first.length === 0
      ? services
      : services.filter((name) => first.some((f) => serviceNamed(f) === name)),
  );

  startDailyUpkeep(home, instance.allowRoot || values['allow-root'], log);

  let announced = false;
  let rotatedAtMs = 0;
  const watch = async (): Promise<void> => {
    if (stopping) return;
    try {
      await supervisor.look();
      if (!announced && supervisor.allReady()) {
        announced = true;
        collectStartGarbage();
        notifySystemd('READY=1', `STATUS=${services.join(', ')} ready`);
      }
      if (Date.now() - rotatedAtMs >= calmLookIntervalMs) {
        rotatedAtMs = Date.now();
        await rotation.check();
      }
    } catch (error) {
      log.error(messageOf(error));
    }
    setTimeout(() => void watch(), supervisor.allReady() ? calmLookIntervalMs : lookIntervalMs);
  };
  void watch();
  const watchdogMs = watchdogIntervalMs();
  if (watchdogMs !== undefined) setInterval(() => notifySystemd('WATCHDOG=1'), watchdogMs);
}

supervise().catch((error: unknown) => {
  const text = error instanceof OperatingError ? error.message : (error as Error).stack;
  process.stderr.write(`${text ?? messageOf(error)}\n`);
  process.exit(error instanceof OperatingError ? error.exitCode : exitCodes.failure);
});
