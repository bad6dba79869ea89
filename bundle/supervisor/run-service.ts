// `dkm run SERVICE`: one service in the foreground, its log on the terminal.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { OperatingError } from '../core/errors.ts';
import { logFileVariable } from '../core/service-state.ts';
import type { ServiceName } from '../services.ts';
import type { SupervisorConfig } from './config.ts';
import { askStatus } from './control-client.ts';
import { serviceCommand } from './service-command.ts';

/** Resolves to the exit code of the service. The working directory is the instance. */
export async function runServiceHere(
  home: string,
  name: ServiceName,
  config: SupervisorConfig,
): Promise<number> {
  const supervised = (await askStatus())?.services.find((service) => service.name === name);
  if (supervised !== undefined && supervised.pid !== 0) {
    throw new OperatingError(
      'already-running',
      `${name} runs already (pid ${supervised.pid}): dkm stop ${name} ends it`,
    );
  }
  const { command, environment } = serviceCommand(home, name, config.services[name]);
  const { [logFileVariable]: _file, ...onTerminal } = environment;
  const [program = '', ...words] = command;
  const child = spawn(program, words, { stdio: 'inherit', env: onTerminal });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]),
    );
  });
}
