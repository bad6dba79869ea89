// The life of every service process: read the configuration, start, prove readiness, wait for a
// signal, stop. main.ts of a service is one call of runService.
import { mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeFileAtomicSync } from './atomic-file.ts';
import { loadConfig, printConfig, printDefaultConfig, type z } from './config.ts';
import { codeOf, exitCodes, messageOf, OperatingError } from './errors.ts';
import { createLogger, type Logger, openLogFile } from './log.ts';
import { didYouMean } from './nearest-name.ts';
import { logFileVariable, runDirectory, type ServiceState, stateFileOf } from './service-state.ts';
import { collectStartGarbage } from './start-garbage.ts';
import { version } from './version.ts';

export interface RunningService {
  /** Idempotent; drains what it holds, closes every socket and timer. */
  stop(): Promise<void>;
  /** Applies what can change live (SIGHUP, `dkm reload`). The configuration is checked already. */
  reload?(config: never): Promise<void> | void;
  /** Reopens log files (SIGUSR2). */
  reopenLogs?(): void;
}

export interface ServiceContext {
  log: Logger;
  /** Says why the service is not ready yet; shown by `dkm status`. */
  notReady(reason: string): void;
}

export interface ServiceDefinition<T extends z.ZodType> {
  name: string;
  /** What the service does, one line, for --help. */
  summary: string;
  /** Relative to the working directory, which is the instance directory. */
  configFile: string;
  /** Asked for at each use, so that a getter may make it anew and let it go. */
  schema: T;
  /** Resolves when the service answers. Throws an OperatingError for what the user can mend. */
  start(config: z.output<T>, context: ServiceContext): Promise<RunningService>;
}

const usage = (
  name: string,
  summary: string,
  configFile: string,
): string => `Usage: ${name} [options]

${summary}

Options:
  --config FILE            configuration (default ${configFile})
  --check-config           check the configuration and exit (0 good, ${exitCodes.config} bad)
  --print-config           print the configuration with what it leaves to the defaults
  --print-default-config   print every key with its default and meaning
  --version                print the version
  --help                   print this text

Examples:
  ${name} --check-config --config ${configFile}
  ${name} --print-default-config
`;

function readArguments(definition: { name: string; summary: string; configFile: string }) {
  const options = {
    config: { type: 'string', default: definition.configFile },
    'check-config': { type: 'boolean', default: false },
    'print-config': { type: 'boolean', default: false },
    'print-default-config': { type: 'boolean', default: false },
    version: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    return parseArgs({ options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const unknown = /'(--?[^']+)'/.exec(messageOf(error))?.[1] ?? '';
    const hint = didYouMean(
      unknown,
      Object.keys(options).map((key) => `--${key}`),
    );
    throw new OperatingError('usage', `${definition.name}: unknown option ${unknown}${hint}`, {
      exitCode: exitCodes.usage,
      cause: error,
    });
  }
}

/** Turns a failure to listen into a sentence that names the service and the address. */
export function explainListenError(error: unknown, what: string, address: string): Error {
  const reason: Record<string, string> = {
    EADDRINUSE: 'another process listens there',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'this host name is not known',
  };
  const known = reason[codeOf(error) ?? ''];
  if (known === undefined) return error instanceof Error ? error : new Error(String(error));
  return new OperatingError('cannot-listen', `${what} cannot listen on ${address}: ${known}`, {
    cause: error,
    exitCode: exitCodes.unavailable,
  });
}

async function run<T extends z.ZodType>(definition: ServiceDefinition<T>): Promise<void> {
  const { name, summary, configFile } = definition;
  const values = readArguments(definition);
  if (values.help) return void process.stdout.write(usage(name, summary, configFile));
  if (values.version) return void process.stdout.write(`${version}\n`);
  if (values['print-default-config'])
    return void process.stdout.write(printDefaultConfig(definition.schema));
  const config = loadConfig(definition.schema, values.config);
  if (values['print-config'])
    return void process.stdout.write(printConfig(definition.schema, config));
  if (values['check-config']) return void process.stdout.write(`${values.config}: good\n`);

  mkdirSync(runDirectory, { recursive: true });
  const logPath = process.env[logFileVariable];
  const logFile = logPath === undefined ? undefined : openLogFile(logPath);
  const log = createLogger('info', logFile?.write);
  const say = (ready: boolean, reason: string): void => {
    const state: ServiceState = {
      pid: process.pid,
      version,
      ready,
      reason,
      since: new Date().toISOString(),
    };
    writeFileAtomicSync(stateFileOf(name), `${JSON.stringify(state)}\n`);
  };
  say(false, 'starting');

  let stopping: Promise<void> | undefined;
  let started: RunningService | undefined;
  const stop = (signal: string): void => {
    stopping ??= (async () => {
      log.info('stopping', { signal });
      await started?.stop();
      rmSync(stateFileOf(name), { force: true });
      log.info('stopped');
      process.exit(exitCodes.ok);
    })().catch((error: unknown) => {
      log.error(`cannot stop cleanly: ${messageOf(error)}`);
      process.exit(exitCodes.failure);
    });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGUSR2', () => {
    logFile?.reopen();
    started?.reopenLogs?.();
  });
  process.on('SIGHUP', () => {
    void (async () => {
      try {
        await started?.reload?.(loadConfig(definition.schema, values.config) as never);
        log.info('configuration reloaded', { file: values.config });
      } catch (error) {
        log.error(`reload refused, the running configuration stays: ${messageOf(error)}`);
      }
    })();
  });

  started = await definition.start(config, { log, notReady: (reason) => say(false, reason) });
  if (stopping === undefined) {
    say(true, '');
    log.info('ready', { version, pid: process.pid });
    collectStartGarbage();
  }
}

/** Runs a service until it is told to stop; never returns control to the caller's file. */
export function runService<T extends z.ZodType>(definition: ServiceDefinition<T>): void {
  run(definition).catch((error: unknown) => {
    if (error instanceof OperatingError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(error.exitCode);
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
    process.exit(exitCodes.failure);
  });
}
