// The command line of the installer.
import { exitCodes, OperatingError } from '../bundle/core/errors.ts';
import { installTypes, servicesOfType } from '../bundle/services.ts';
import { type Command, createProgram } from '../bundle/supervisor/command-line.ts';
import { refuseRoot } from '../bundle/supervisor/instance.ts';
import { kitRoot } from '../bundle/supervisor/kit.ts';
import { install } from './install.ts';
import { type InstallOptions, planInstallation } from './install-plan.ts';
import { askForOptions } from './questions.ts';
import { update } from './update.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const warn = (line: string): void => void process.stderr.write(`${line}\n`);

const typeLines = installTypes
  .map((type) => `  ${type.padEnd(14)} ${servicesOfType[type].join(', ')}`)
  .join('\n');

async function run(program: Command): Promise<void> {
  const options = program.opts<InstallOptions>();
  refuseRoot({ allowRoot: options.allowRoot === true, program: 'the installer' });
  const kit = kitRoot();
  const dryRun = options.dryRun === true;
  if (options.update === true) return update(options, { kit, dryRun, say });
  const incomplete = options.directory === undefined || options.port === undefined;
  const mayAsk = process.stdin.isTTY && process.stdout.isTTY && options.yes !== true;
  if (incomplete && !mayAsk) {
    program.outputHelp({ error: true });
    const missing = [
      ...(options.directory === undefined ? ['--directory'] : []),
      ...(options.port === undefined ? ['--port'] : []),
    ];
    throw new OperatingError('usage', `missing: ${missing.join(' and ')}`, {
      exitCode: exitCodes.usage,
    });
  }
  const complete = incomplete ? await askForOptions(options) : options;
  await install(planInstallation(complete), { kit, dryRun, say, warn });
}

/** The program, described but not run: shell completion and manual pages are made from it. */
export function describeInstaller(): Command {
  const program = createProgram(
    'installer',
    'Installs dkumonitor into a directory, or updates an instance.',
  )
    .option(
      '-d, --directory <directory>',
      'the instance directory: configuration, data, logs, program',
    )
    .option(
      '-p, --port <port>',
      'base port P: dashboards P, carbon P+1, Graphite API P+2; ten ports from P on',
    )
    .option('-t, --type <type>', 'which services run (default: server)')
    .option(
      '-u, --update',
      'bring an instance to this version; its configuration is left untouched',
    )
    .option('--bind <address>', 'address the open ports listen on (default: 0.0.0.0)')
    .option('-l, --carbon-listen <address>', 'the same for carbon alone')
    .option('--carbonapi-listen <address>', 'the same for the Graphite API alone')
    .option('--dashboards-listen <address>', 'the same for the dashboards alone')
    .option(
      '--hostname <name>',
      'name of this host, reversed in metric names (default: hostname -f)',
    )
    .option('--hostname-raw', 'do not reverse the host name in metric names')
    .option(
      '--carbon-server <host[:baseport]>',
      'the server that agent and frontend installations talk to',
    )
    .option('--system-collectd', 'run the collectd on PATH instead of the agent')
    .option(
      '--grafana <directory>',
      'run the Grafana installed there instead of the built-in dashboards',
    )
    .option(
      '--admin-password-file <file>',
      'holds the password of the user admin (default: a random one)',
    )
    .option(
      '--secure',
      'TLS with an own authority, client certificates for agents, tokens for the Graphite API',
    )
    .option(
      '--secure-hosts <names>',
      'with --secure: further names or addresses of this server, with commas between',
    )
    .option(
      '--join <token>',
      'agent, frontend: the join token of a secure server (or @FILE, @- for standard input)',
    )
    .option('--allow-root', 'install and run as root although that is not advised')
    .option('--dry-run', 'check everything and print what would be written')
    .option('--force', 'with --update: also to an older version')
    .option('-y, --yes', 'never ask')
    .addHelpText(
      'after',
      `\nTypes:\n${typeLines}\n\nExamples:\n` +
        '  ./installer -d /data/dkumonitor -p 27600 -t all\n' +
        '  ./installer -d /data/agent -p 27600 -t agent --carbon-server monitor.example.org:27600\n' +
        '  ./installer -d /data/agent -p 27600 -t agent --join @join-token\n' +
        '  ./installer -u -d /data/dkumonitor\n',
    );
  return program.allowExcessArguments(false).action(() => run(program));
}
