// dkmadmin install-boot, uninstall-boot, boot-status.
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { lockOwner } from '../../bundle/core/process-lock.ts';
import { instancePaths, readInstance } from '../../bundle/supervisor/instance.ts';
import {
  type BootCommand,
  type BootPlan,
  checkBootPath,
  type InitSystem,
  markOf,
  ownerOf,
  runsAgent,
  serviceName,
} from '../boot/boot-plan.ts';
import { chooseInitSystem, initSystems } from '../boot/index.ts';
import { runCommand } from '../system-command.ts';
import type { AddCommand, AdminContext } from './command.ts';

interface BootOptions {
  name?: string;
  init?: string;
  root?: string;
  dryRun?: boolean;
}

interface BootTarget {
  init: InitSystem;
  service: string;
  /** "/" for this machine, else the directory of an image. */
  root: string;
  /** The file of the service, in the image. */
  file: string;
}

function targetOf(options: BootOptions): BootTarget {
  const root = resolve(options.root ?? '/');
  const isRoot = process.geteuid?.() === 0;
  const init = chooseInitSystem({ forced: options.init, root, isRoot });
  const service = serviceName(options.name);
  return { init, service, root, file: join(root, init.pathOf(service)) };
}

function mustBeRoot({ root, init }: BootTarget): void {
  if (root !== '/' || init.name === 'systemd-user' || process.geteuid?.() === 0) return;
  throw new OperatingError(
    'not-root',
    `${init.name} is set up by root: sudo, or --dry-run prints the file`,
    {
      exitCode: exitCodes.usage,
    },
  );
}

// An image's instance lies at a shorter path once the image is booted.
function bootedPath(home: string, root: string): string {
  return root !== '/' && home.startsWith(`${root}/`) ? home.slice(root.length) : home;
}

async function runAll(commands: readonly BootCommand[]): Promise<void> {
  for (const { program, words, optional } of commands) {
    const { code, output } = await runCommand(program, words);
    if (code === 0 || optional === true) continue;
    throw new OperatingError(
      'boot-command',
      `${program} ${words.join(' ')} failed (${code}): ${output}`,
    );
  }
}

function planOf(context: AdminContext, target: BootTarget): BootPlan {
  const home = context.home();
  const instance = readInstance(home);
  const { root, service } = target;
  return {
    service,
    home: checkBootPath(bootedPath(home, root)),
    user: ownerOf(home, root, instance.allowRoot || context.allowRoot()),
    runsAgent: runsAgent(instance),
    canNotify: ['/usr/bin', '/bin'].some((bin) => existsSync(join(root, bin, 'systemd-notify'))),
  };
}

async function installBoot(context: AdminContext, options: BootOptions): Promise<void> {
  const target = targetOf(options);
  const { init, root, file, service } = target;
  const plan = planOf(context, target);
  const { content, mode } = init.render(plan);
  if (options.dryRun === true) return void process.stdout.write(content);
  mustBeRoot(target);
  if (existsSync(file) && !readFileSync(file, 'utf8').includes(markOf(plan.home))) {
    throw new OperatingError(
      'name-taken',
      `${file} belongs to something else: give this instance another name with --name`,
      { exitCode: exitCodes.unavailable },
    );
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileAtomicSync(file, content, mode);
  if (root === '/') await runAll(init.enable(service));
  else {
    for (const [path, link] of Object.entries(init.imageLinks(service))) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      rmSync(join(root, path), { force: true });
      symlinkSync(link, join(root, path));
    }
  }
  context.say(`${file}: ${service} starts at boot as user ${plan.user} (${init.name})`);
  if (root !== '/') return;
  const isActive = init.isActive(service);
  if ((await runCommand(isActive.program, isActive.words)).code === 0) return;
  const byHand = lockOwner(join(context.home(), instancePaths.supervisorPid));
  if (byHand !== undefined) {
    context.say(`it runs now, started by hand (pid ${byHand.pid}): bin/dkm stop first, then`);
  }
  context.say(init.startHint(service));
}

async function uninstallBoot(context: AdminContext, options: BootOptions): Promise<void> {
  const target = targetOf(options);
  const { init, root, file, service } = target;
  if (!existsSync(file)) {
    context.say(`${service} is not installed (no ${file})`);
    return;
  }
  mustBeRoot(target);
  if (!readFileSync(file, 'utf8').includes('dkumonitor instance "')) {
    throw new OperatingError('not-ours', `${file} was not made by dkmadmin: it is left alone`);
  }
  if (root === '/') await runAll(init.disable(service));
  for (const path of root === '/' ? [] : Object.keys(init.imageLinks(service))) {
    rmSync(join(root, path), { force: true });
  }
  rmSync(file);
  if (root === '/') await runAll(init.forget(service));
  context.say(`${service} does not start at boot any more; the instance is untouched`);
}

async function bootStatus(
  context: AdminContext,
  options: BootOptions & { json?: boolean },
): Promise<void> {
  const { init, root, file, service } = targetOf(options);
  const installed = existsSync(file);
  const homeOf = installed
    ? /dkumonitor instance (".*")/.exec(readFileSync(file, 'utf8'))?.[1]
    : undefined;
  let enabled =
    root !== '/' &&
    Object.keys(init.imageLinks(service)).some(
      (path) => lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined,
    );
  let active = 'unknown';
  if (root === '/' && installed) {
    const [isEnabled, isActive] = [init.isEnabled(service), init.isActive(service)];
    enabled = (await runCommand(isEnabled.program, isEnabled.words)).code === 0;
    active =
      (await runCommand(isActive.program, isActive.words)).code === 0 ? 'active' : 'inactive';
  }
  const state = {
    service,
    init: init.name,
    file,
    installed,
    enabled: installed && enabled,
    active,
  };
  if (options.json === true) context.say(JSON.stringify(state));
  else if (!installed) context.say(`${service}: not installed (${init.name}, no ${file})`);
  else
    context.say(
      `${service}: ${state.enabled ? 'enabled' : 'disabled'}, ${active} (${init.name}, ${file}, instance ${homeOf ?? 'unknown'})`,
    );
  if (!state.enabled) process.exitCode = exitCodes.failure;
}

export const addBootCommands: AddCommand = (program, context) => {
  const names = initSystems.map(({ name }) => name).join(', ');
  const common = (name: string, summary: string) =>
    program
      .command(name)
      .description(summary)
      .option('--name <name>', 'name of the instance, when a machine has several (dkumonitor.NAME)')
      .option('--init <system>', `${names} (default: what started this machine)`)
      .option('--root <directory>', 'work on an image that is mounted there');
  common('install-boot', 'start the instance when the machine boots, as its owner')
    .option('--dry-run', 'print the file that would be written')
    .action((options: BootOptions) => installBoot(context, options));
  common('uninstall-boot', 'do not start the instance at boot any more').action(
    (options: BootOptions) => uninstallBoot(context, options),
  );
  common('boot-status', 'show whether the instance starts at boot (exit code 0: it does)')
    .option('--json', 'as one line of JSON')
    .action((options: BootOptions & { json?: boolean }) => bootStatus(context, options));
};
