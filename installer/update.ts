// `installer --update`: the instance gets the program of this kit; nothing under conf is touched.
// (dkmadmin update does more: merges, restarts, checks and takes back.)
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomicSync } from '../bundle/core/atomic-file.ts';
import { exitCodes, OperatingError } from '../bundle/core/errors.ts';
import { lockOwner } from '../bundle/core/process-lock.ts';
import { instancePaths, readInstance, refuseForeignOwner } from '../bundle/supervisor/instance.ts';
import { checkInstanceDirectory, linkKit, lockDirectory, stagingName } from './data-dir.ts';
import { checkSpaceForKit } from './free-space.ts';
import { createInstallLog } from './install-log.ts';
import { type InstallOptions, templateContext } from './install-plan.ts';
import { checkKit, copyKit } from './kit-copy.ts';
import { compareVersions, installedVersion, kitVersion, removeOtherKits } from './kit-version.ts';
import { renderTemplates } from './render-templates.ts';
import { shellWord } from './shell-word.ts';

const refusedWithUpdate: readonly (readonly [keyof InstallOptions, string])[] = [
  ['port', '--port'],
  ['type', '--type'],
  ['bind', '--bind'],
  ['carbonListen', '--carbon-listen'],
  ['carbonapiListen', '--carbonapi-listen'],
  ['dashboardsListen', '--dashboards-listen'],
  ['hostname', '--hostname'],
  ['hostnameRaw', '--hostname-raw'],
  ['carbonServer', '--carbon-server'],
  ['systemCollectd', '--system-collectd'],
  ['grafana', '--grafana'],
  ['adminPasswordFile', '--admin-password-file'],
  ['secure', '--secure'],
  ['secureHosts', '--secure-hosts'],
  ['join', '--join'],
];

/** Throws when `options` hold something that only a new installation takes. */
function checkUpdateOptions(options: InstallOptions): void {
  if (options.directory === undefined) {
    throw new OperatingError('usage', '--directory is missing: which instance shall be updated?', {
      exitCode: exitCodes.usage,
    });
  }
  const given = refusedWithUpdate
    .filter(([key]) => options[key] !== undefined)
    .map(([, flag]) => flag);
  if (given.length === 0) return;
  throw new OperatingError(
    'usage',
    `--update keeps the configuration, so it does not take ${given.join(', ')}`,
    {
      exitCode: exitCodes.usage,
    },
  );
}

/** Throws when `next` is older than `present`, unless that is wanted. */
export function guardDowngrade(present: string, next: string, force: boolean): void {
  if (force || compareVersions(next, present) >= 0) return;
  throw new OperatingError(
    'downgrade',
    `the instance runs version ${present}, this kit is the older ${next}: --force installs it nevertheless`,
    { exitCode: exitCodes.usage },
  );
}

/** Copies the kit into the instance; the kit that is there under this version is replaced whole. */
export function placeKit(home: string, kit: string): string {
  const version = kitVersion(kit);
  const target = join(home, instancePaths.kits, version);
  mkdirSync(join(home, instancePaths.kits), { recursive: true });
  if (existsSync(target) && realpathSync(target) === realpathSync(kit)) return target;
  const staging = join(home, stagingName);
  const old = join(staging, 'old');
  const putBack = (): void => {
    if (existsSync(old) && !existsSync(target)) renameSync(old, target);
    rmSync(staging, { recursive: true, force: true });
  };
  putBack(); // an update that was cut off
  mkdirSync(staging);
  try {
    copyKit(kit, join(staging, 'new'));
    if (existsSync(target)) renameSync(target, old);
    renameSync(join(staging, 'new'), target);
  } finally {
    putBack();
  }
  return target;
}

/** What became of the dashboards an update brings. */
export interface DashboardChanges {
  added: string[];
  replaced: string[];
  /** Edited here, so they stay. */
  kept: string[];
}

/** Brings the dashboards of `kit`; those that differ from the `before` kit's are the user's. */
export function updateDashboards(home: string, before: string, kit: string): DashboardChanges {
  const changes: DashboardChanges = { added: [], replaced: [], kept: [] };
  const from = join(kit, 'dashboards');
  const to = join(home, instancePaths.dashboards);
  if (!existsSync(from)) return changes;
  mkdirSync(to, { recursive: true });
  const read = (path: string): string | undefined =>
    existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  for (const name of readdirSync(from).filter((file) => file.endsWith('.json'))) {
    const present = read(join(to, name));
    const next = read(join(from, name));
    if (present === next) continue;
    if (present === undefined) changes.added.push(name);
    else if (present === read(join(before, 'dashboards', name))) changes.replaced.push(name);
    else {
      changes.kept.push(name);
      continue;
    }
    copyFileSync(join(from, name), join(to, name));
  }
  return changes;
}

/** Points the instance to the kit of `version`, which lies in its kits. */
export function activateKit(home: string, version: string): void {
  const kit = join(home, instancePaths.kits, version);
  linkKit(home, kit);
  const context = templateContext(readInstance(home), version);
  const environment = renderTemplates(join(kit, 'templates'), context).find(
    ({ path }) => path === 'bin/env-default',
  );
  if (environment !== undefined)
    writeFileAtomicSync(join(home, environment.path), environment.content);
}

export interface UpdateSurroundings {
  kit: string;
  dryRun: boolean;
  say(line: string): void;
}

/** The simple update. */
export function update(options: InstallOptions, { kit, dryRun, say }: UpdateSurroundings): void {
  checkUpdateOptions(options);
  checkKit(kit);
  const home = checkInstanceDirectory(options.directory ?? '');
  refuseForeignOwner(home);
  readInstance(home);
  const before = installedVersion(home);
  const next = kitVersion(kit);
  guardDowngrade(before, next, options.force === true);
  checkSpaceForKit(home, 'an update', kit);
  if (dryRun) {
    say(`would bring ${home} from version ${before} to ${next}; nothing under conf would change`);
    return;
  }
  const lock = lockDirectory(home);
  try {
    const log = createInstallLog();
    log.writeTo(join(home, instancePaths.installLog));
    const beforeKit = join(home, instancePaths.kits, before);
    const dashboards = updateDashboards(home, beforeKit, kit);
    placeKit(home, kit);
    activateKit(home, next);
    const running = lockOwner(join(home, instancePaths.supervisorPid)) !== undefined;
    // What runs still reads its kit.
    if (!running) removeOtherKits(home, [before, next]);
    log.add(`updated from version ${before} to ${next}`);
    say(`${home}: version ${before} -> ${next}; nothing under conf was changed`);
    for (const [what, names] of Object.entries(dashboards) as [string, string[]][]) {
      if (names.length > 0) say(`dashboards ${what}: ${names.join(', ')}`);
    }
    if (running)
      say(
        `still running is version ${before}: ${shellWord(join(home, 'bin', 'dkm'))} restart takes the new one`,
      );
  } finally {
    lock.release();
  }
}
