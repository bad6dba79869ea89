// The commands of dkm: start, stop and show the services of an instance through its supervisor.
import { pathToFileURL } from 'node:url';
import { exitCodes, OperatingError } from '../core/errors.ts';
import { lockOwner } from '../core/process-lock.ts';
import { version } from '../core/version.ts';
import { type Command, createProgram, runProgram } from './command-line.ts';
import {
  askServices,
  type ControlContext,
  notRunning,
  restartServices,
  servicesMeant,
  startServices,
  stopServices,
} from './control-actions.ts';
import { askStatus } from './control-client.ts';
import {
  findHome,
  instancePaths,
  logFileOf,
  outputFileOf,
  readInstance,
  refuseForeignOwner,
  refuseRoot,
} from './instance.ts';
import { entryFile } from './kit.ts';
import { leftoverServices } from './leftovers.ts';
import { followFiles, lastLinesOfService } from './log-view.ts';
import { statusTable } from './status-table.ts';

interface GlobalOptions {
  directory?: string;
  allowRoot?: boolean;
}

// The exit status of `status` for a program that does not run, as init scripts have it.
const notRunningExitCode = 3;

function contextOf(program: Command): ControlContext {
  const options = program.opts<GlobalOptions>();
  const home = findHome(options.directory);
  const instance = readInstance(home);
  refuseRoot({ allowRoot: instance.allowRoot || options.allowRoot === true, program: 'dkm' });
  refuseForeignOwner(home);
  process.chdir(home);
  return {
    home,
    instance,
    allowRoot: options.allowRoot === true,
    say: (line) => process.stdout.write(`${line}\n`),
  };
}

/** Continues as another program of the kit in this process. */
async function continueAs(entry: string, words: readonly string[]): Promise<void> {
  const file = entryFile(entry);
  process.argv = [process.execPath, file, ...words];
  await import(pathToFileURL(file).href);
}

async function showStatus(
  context: ControlContext,
  words: readonly string[],
  json: boolean,
): Promise<void> {
  const names = servicesMeant(context.instance, words);
  const status = await askStatus();
  if (status === undefined) {
    const leftovers = Object.entries(leftoverServices());
    const text = leftovers.map(([name, { pid }]) => `${name} (pid ${pid})`).join(', ');
    if (json) process.stdout.write(`${JSON.stringify({ running: false, leftovers })}\n`);
    else {
      context.say('the dkumonitor supervisor is not running');
      if (text !== '')
        context.say(`left over without it: ${text}; dkm start takes over, dkm stop ends them`);
    }
    process.exitCode = notRunningExitCode;
    return;
  }
  const services = status.services.filter(({ name }) => names.includes(name));
  if (json) process.stdout.write(`${JSON.stringify({ running: true, ...status, services })}\n`);
  else process.stdout.write(statusTable(status, services));
  if (status.version !== version) {
    process.stderr.write(
      `the running supervisor is version ${status.version}, this is ${version}: dkm restart takes the new one\n`,
    );
  }
  if (services.some(({ state }) => state !== 'ready')) process.exitCode = exitCodes.failure;
}

function showLogs(
  context: ControlContext,
  words: readonly string[],
  options: { follow?: boolean; lines: string },
): void {
  const count = Number(options.lines);
  if (!Number.isInteger(count) || count < 0) {
    throw new OperatingError('usage', `--lines takes a number, not "${options.lines}"`, {
      exitCode: exitCodes.usage,
    });
  }
  const asked = words.filter((word) => word !== 'supervisor');
  const names: string[] =
    words.includes('supervisor') && asked.length === 0
      ? []
      : servicesMeant(context.instance, asked);
  if (words.includes('supervisor')) names.push('supervisor');
  const prefixOf = (name: string): string => (names.length > 1 ? `${name.padEnd(10)} | ` : '');
  for (const name of names) {
    for (const line of lastLinesOfService(name, count)) context.say(`${prefixOf(name)}${line}`);
  }
  if (options.follow === true) {
    followFiles(
      names.flatMap((name) =>
        [outputFileOf(name), logFileOf(name)].map((path) => ({ path, prefix: prefixOf(name) })),
      ),
      (line) => process.stdout.write(line),
    );
  }
}

async function showPid(context: ControlContext, words: readonly string[]): Promise<void> {
  const owner = lockOwner(instancePaths.supervisorPid);
  if (owner === undefined) throw notRunning();
  if (words.length === 0) return context.say(String(owner.pid));
  const names = servicesMeant(context.instance, words);
  const status = await askStatus();
  for (const { name, pid } of status?.services ?? []) {
    if (!names.includes(name)) continue;
    context.say(String(pid));
    if (pid === 0) process.exitCode = exitCodes.failure;
  }
}

/** The program, described but not run: shell completion and manual pages are made from it. */
export function describeDkm(): Command {
  const program = createProgram(
    'dkm',
    'Starts, stops and shows the services of a dkumonitor instance.',
  )
    .option('-d, --directory <directory>', 'the instance directory (default: where dkm lies)')
    .option('--allow-root', 'run as root although that is not advised')
    .addHelpText(
      'after',
      '\nServices: carbon, carbonapi, grafana, agent (also go-carbon, grafana-server, collectd).\n' +
        'Exit codes: 0 done, 1 failed or not all ready, 2 wrong usage, 3 (status) not running.\n\n' +
        'Examples:\n  dkm start\n  dkm status --json\n  dkm logs -f carbon\n',
    );
  const context = (): ControlContext => contextOf(program);
  program
    .command('start [services...]')
    .description('start services and wait until they are ready')
    .action((words: string[]) => startServices(context(), words.filter(notAll)));
  program
    .command('stop [services...]')
    .description('stop services; without a name everything, the supervisor too')
    .action((words: string[]) => stopServices(context(), words.filter(notAll)));
  program
    .command('restart [services...]')
    .description('stop, start and wait until ready')
    .action((words: string[]) => restartServices(context(), words.filter(notAll)));
  program
    .command('status [services...]')
    .description('show state, process, uptime, restarts, ports, memory')
    .option('--json', 'as one line of JSON')
    .action((words: string[], { json }: { json?: boolean }) =>
      showStatus(context(), words.filter(notAll), json === true),
    );
  program
    .command('logs [services...]')
    .description('show the last log lines ("supervisor" shows its own)')
    .option('-f, --follow', 'go on with what is added')
    .option('-n, --lines <count>', 'how many lines of each', '50')
    .action((words: string[], options: { follow?: boolean; lines: string }) =>
      showLogs(context(), words.filter(notAll), options),
    );
  program
    .command('reload [services...]')
    .description('read the configuration again where that can be done live')
    .action((words: string[]) => askServices(context(), 'reload', words.filter(notAll)));
  program
    .command('reopenlogs [services...]')
    .description('go on in new log files after the old ones were moved')
    .action((words: string[]) => askServices(context(), 'reopenlogs', words.filter(notAll)));
  program
    .command('pid [services...]')
    .description('print process numbers, of the supervisor without a name')
    .action((words: string[]) => showPid(context(), words));
  program
    .command('shutdown')
    .description('stop everything, the supervisor too')
    .action(() => stopServices(context(), []));
  program
    .command('run [service]')
    .description('run one service, or the supervisor, in the foreground')
    .action((word: string | undefined) => {
      const { home, instance, allowRoot } = context();
      const [name] = word === undefined ? [] : servicesMeant(instance, [word]);
      return continueAs('supervisor', [
        `--directory=${home}`,
        ...(allowRoot ? ['--allow-root'] : []),
        ...(name === undefined ? [] : [`--run=${name}`]),
      ]);
    });
  program
    .command('supervise')
    .description('run the supervisor in the foreground (for systemd, containers)')
    .action(() => {
      const { home, allowRoot } = context();
      return continueAs('supervisor', [
        `--directory=${home}`,
        ...(allowRoot ? ['--allow-root'] : []),
      ]);
    });
  program
    .command('agent')
    .description('look into the agent')
    .command('test [collectors...]')
    .description('print what the agent would send now')
    .action((words: string[]) => {
      context();
      return continueAs('agent', ['--test', ...words]);
    });
  program
    .command('ctl [words...]')
    .description("supervisorctl's words: status, start, stop, restart, tail, pid, reload, shutdown")
    .action((words: string[]) => runProgram(describeDkm(), fromSupervisorctl(program, words)));
  return program;
}

const notAll = (word: string): boolean => word !== 'all';

function fromSupervisorctl(program: Command, words: readonly string[]): string[] {
  const options = program.opts<GlobalOptions>();
  const global = [
    ...(options.directory === undefined ? [] : [`--directory=${options.directory}`]),
    ...(options.allowRoot === true ? ['--allow-root'] : []),
  ];
  const [action = 'status', ...rest] = words;
  if (action === 'tail') {
    const follow = rest.filter((word) => word === '-f');
    return [...global, 'logs', ...follow, ...rest.filter((word) => !word.startsWith('-'))];
  }
  const renamed: Record<string, string> = {
    update: 'reload',
    reread: 'reload',
    quit: 'status',
    exit: 'status',
  };
  return [...global, renamed[action] ?? action, ...rest];
}
