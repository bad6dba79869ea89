// dkmadmin update, rollback: a new version with its configuration merged, proved by the services
// being ready, taken back by itself when they are not.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { lockOwner } from '../../bundle/core/process-lock.ts';
import { askStatus } from '../../bundle/supervisor/control-client.ts';
import {
  instancePaths,
  readInstance,
  refuseForeignOwner,
  servicesOf,
} from '../../bundle/supervisor/instance.ts';
import { kitRoot } from '../../bundle/supervisor/kit.ts';
import { type MergedFile, mergeConfiguration } from '../config-merge.ts';
import { checkInstanceDirectory, lockDirectory } from '../data-dir.ts';
import { checkFreeBytes, checkSpaceForKit } from '../free-space.ts';
import { confBase } from '../install.ts';
import { createInstallLog } from '../install-log.ts';
import { templateContext } from '../install-plan.ts';
import { installedVersion, keptVersions, kitVersion, removeOtherKits } from '../kit-version.ts';
import { renderTemplates } from '../render-templates.ts';
import { hasAuthority } from '../secure/identities.ts';
import { secureText } from '../secure/secure-config.ts';
import { listSnapshots, restoreSnapshot, type Snapshot, takeSnapshot } from '../snapshot.ts';
import { checkStorageFormat } from '../storage-format.ts';
import { runCommand } from '../system-command.ts';
import { openKit } from '../unpack.ts';
import { activateKit, guardDowngrade, placeKit, updateDashboards } from '../update.ts';
import type { AddCommand, AdminContext } from './command.ts';

interface UpdateOptions {
  from?: string;
  force?: boolean;
  dryRun?: boolean;
  watch: string;
}

interface Running {
  home: string;
  wasRunning: boolean;
  /** Words that every dkm call needs. */
  flags: string[];
}

// A tarball is unpacked to three times its size.
const unpackedBytesPerByte = 3.5;

function runningState(context: AdminContext, home: string): Running {
  return {
    home,
    wasRunning: lockOwner(join(home, instancePaths.supervisorPid)) !== undefined,
    flags: context.allowRoot() ? ['--allow-root'] : [],
  };
}

const dkm = ({ home, flags }: Running, ...words: string[]) =>
  runCommand(join(home, 'bin', 'dkm'), [...flags, ...words], {
    env: { DKUMONITOR_ROOT: '', DKUMONITOR_HOME: '' },
  });

async function preflight(home: string, kit: string): Promise<void> {
  checkStorageFormat(home);
  const runtime = join(kit, 'runtime', 'node');
  if (existsSync(runtime)) {
    const { code, output } = await runCommand(runtime, ['--version']);
    if (code !== 0) {
      throw new OperatingError('bad-kit', `the runtime of ${kit} does not run here: ${output}`, {
        exitCode: exitCodes.unavailable,
      });
    }
  }
  checkSpaceForKit(home, 'an update', kit);
}

/** The complaint of the new version's service about a configuration, or undefined. */
async function checkConfig(
  kit: string,
  directory: string,
  service: string,
): Promise<string | undefined> {
  const shipped = join(kit, 'runtime', 'node');
  const node = existsSync(shipped) ? shipped : process.execPath;
  const entry = join(kit, 'lib', `${service}.js`);
  const { code, output } = await runCommand(node, [entry, '--check-config'], { cwd: directory });
  return code === 0 ? undefined : output;
}

// The configuration as it would be, checked by the services that will read it.
async function checkMerged(
  options: { home: string; kit: string; workspace: string; services: readonly string[] },
  merged: MergedFile[],
): Promise<void> {
  const { kit, workspace, services } = options;
  const conf = join(workspace, instancePaths.conf);
  const write = (): void => {
    for (const { path, content } of merged) {
      if (content === undefined) continue;
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      writeFileSync(join(workspace, path), content);
    }
  };
  rmSync(conf, { recursive: true, force: true });
  write();
  for (const service of services) {
    const file = merged.find(({ path }) => path === `${instancePaths.conf}/${service}.yml`);
    if (file?.content === undefined) continue;
    let complaint = await checkConfig(kit, workspace, service);
    if (complaint !== undefined && file.outcome === 'merged') {
      // A merge that reads well to no service is no merge.
      const path = join(options.home, file.path);
      Object.assign(file, { outcome: 'conflict', content: readFileSync(path, 'utf8') });
      write();
      complaint = await checkConfig(kit, workspace, service);
    }
    if (complaint !== undefined) {
      throw new OperatingError(
        'bad-config',
        `the new version does not accept ${file.path}, so nothing was changed: ${complaint}`,
        { exitCode: exitCodes.config },
      );
    }
  }
}

function applyMerged(home: string, merged: readonly MergedFile[]): void {
  for (const { path, outcome, content, fresh } of merged) {
    const target = join(home, path);
    mkdirSync(dirname(target), { recursive: true });
    if (outcome === 'conflict') writeFileAtomicSync(`${target}.new`, fresh);
    else if (outcome !== 'kept' && content !== undefined) writeFileAtomicSync(target, content);
    const base = join(home, confBase, path);
    mkdirSync(dirname(base), { recursive: true });
    writeFileAtomicSync(base, fresh);
  }
}

/** Why the services are not well, or undefined when they are ready and stay so for a while. */
async function healthGate(home: string, watchSeconds: number): Promise<string | undefined> {
  const before = process.cwd();
  process.chdir(home); // the control socket is found relative to it
  try {
    const first = await askStatus();
    await delay(watchSeconds * 1000);
    const status = await askStatus();
    if (first === undefined || status === undefined) return 'the supervisor does not run';
    for (const { name, state, restarts, reason } of status.services) {
      if (state !== 'ready') return `${name} is ${state}: ${reason}`;
      const earlier = first.services.find((service) => service.name === name)?.restarts;
      if (restarts !== earlier) return `${name} has ended and was started again`;
    }
    return undefined;
  } finally {
    process.chdir(before);
  }
}

async function takeBack(running: Running, snapshot: Snapshot): Promise<string | undefined> {
  restoreSnapshot(running.home, snapshot);
  activateKit(running.home, snapshot.version);
  if (!running.wasRunning) return undefined;
  const { code, output } = await dkm(running, 'restart');
  return code === 0 ? undefined : output;
}

const outcomeText: Record<MergedFile['outcome'], string> = {
  added: 'new in this version',
  replaced: 'new defaults (it was never edited)',
  merged: 'new defaults merged with your changes',
  conflict: 'both changed the same lines: yours stays, the new one is beside it as .new',
  kept: 'unchanged',
};

async function update(context: AdminContext, options: UpdateOptions): Promise<void> {
  const home = checkInstanceDirectory(context.home());
  refuseForeignOwner(home);
  const watchSeconds = Number(options.watch);
  const workspace = join(home, instancePaths.kits, '.update');
  const lock = lockDirectory(home);
  try {
    rmSync(workspace, { recursive: true, force: true });
    const source = options.from ?? kitRoot();
    if (
      existsSync(source) &&
      realpathSync(source) === dirname(realpathSync(join(home, instancePaths.lib)))
    ) {
      throw new OperatingError('usage', 'this is the version that runs: --from names the new one', {
        exitCode: exitCodes.usage,
      });
    }
    if (existsSync(source) && statSync(source).isFile())
      checkFreeBytes(home, 'unpacking the update', statSync(source).size * unpackedBytesPerByte);
    const kit = await openKit(source, join(workspace, 'kit'));
    const [before, next] = [installedVersion(home), kitVersion(kit)];
    guardDowngrade(before, next, options.force === true);
    await preflight(home, kit);
    const instance = readInstance(home);
    const rendered = renderTemplates(join(kit, 'templates'), templateContext(instance, next));
    const merged = mergeConfiguration({
      confDirectory: join(home, instancePaths.conf),
      baseDirectory: join(home, confBase, instancePaths.conf),
      rendered,
      adapt: (path, text) => (hasAuthority(home) ? secureText(instance, path, text) : text),
    });
    await checkMerged({ home, kit, workspace, services: servicesOf(instance) }, merged);
    context.say(`${home}: version ${before} -> ${next}`);
    for (const { path, outcome } of merged) {
      if (outcome !== 'kept') context.say(`  ${path}: ${outcomeText[outcome]}`);
    }
    if (options.dryRun === true) return context.say('nothing was changed (--dry-run)');

    const running = runningState(context, home);
    const log = createInstallLog();
    log.writeTo(join(home, instancePaths.installLog));
    const snapshot = takeSnapshot(home, `update to ${next}`);
    const beforeKit = join(home, instancePaths.kits, before);
    try {
      updateDashboards(home, beforeKit, kit);
      placeKit(home, kit);
      applyMerged(home, merged);
      activateKit(home, next);
    } catch (error) {
      await takeBack({ ...running, wasRunning: false }, snapshot);
      throw error;
    }
    if (running.wasRunning) {
      const { code, output } = await dkm(running, 'restart');
      const problem = code === 0 ? await healthGate(home, watchSeconds) : output;
      if (problem !== undefined) {
        const worse = await takeBack(running, snapshot);
        log.add(`update to ${next} failed and was taken back: ${problem}`);
        throw new OperatingError(
          'update-failed',
          `version ${next} does not run well, so version ${before} was put back${
            worse === undefined ? ' and runs' : ` but does not run either (${worse})`
          }. What was wrong: ${problem}`,
        );
      }
    }
    log.add(`updated from version ${before} to ${next}`);
    const previous = listSnapshots(home).findLast(({ version }) => version !== next)?.version;
    removeOtherKits(home, [before, next, ...(previous === undefined ? [] : [previous])]);
    context.say(
      running.wasRunning
        ? 'every service is ready; dkmadmin rollback takes the update back'
        : 'it does not run now; dkm start starts the new version',
    );
  } finally {
    rmSync(workspace, { recursive: true, force: true });
    lock.release();
  }
}

async function rollback(context: AdminContext): Promise<void> {
  const home = checkInstanceDirectory(context.home());
  refuseForeignOwner(home);
  const lock = lockDirectory(home);
  try {
    const present = installedVersion(home);
    const snapshot = listSnapshots(home)
      .filter(({ version }) => version !== present && keptVersions(home).includes(version))
      .at(-1);
    if (snapshot === undefined) {
      throw new OperatingError('no-snapshot', `there is no update of ${home} to take back`);
    }
    checkStorageFormat(home);
    takeSnapshot(home, `rollback to ${snapshot.version}`);
    const problem = await takeBack(runningState(context, home), snapshot);
    if (problem !== undefined) throw new OperatingError('not-ready', problem);
    context.say(
      `${home}: version ${present} -> ${snapshot.version}, configuration and dashboards of ${snapshot.takenAt}`,
    );
  } finally {
    lock.release();
  }
}

export const addUpdateCommands: AddCommand = (program, context) => {
  program
    .command('update')
    .description(
      'bring the instance to another version; taken back by itself when it does not run well',
    )
    .option('--from <kit>', 'tarball or unpacked kit (default: the kit this dkmadmin is from)')
    .option('--watch <seconds>', 'how long every service must stay ready', '5')
    .option('--force', 'also to an older version')
    .option('--dry-run', 'print what would change')
    .action((options: UpdateOptions) => update(context, options));
  program
    .command('rollback')
    .description('go back to the version and configuration before the last update')
    .action(() => rollback(context));
};
