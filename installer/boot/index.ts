// The init systems and the choice among them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { didYouMean } from '../../bundle/core/nearest-name.ts';
import type { InitSystem } from './boot-plan.ts';
import { launchd } from './launchd.ts';
import { openrc } from './openrc.ts';
import { systemd, systemdUser } from './systemd.ts';
import { sysv } from './sysv.ts';

export const initSystems: readonly InitSystem[] = [systemd, systemdUser, sysv, openrc, launchd];

function firstProcessName(): string {
  try {
    return readFileSync('/proc/1/comm', 'utf8').trim();
  } catch {
    return '';
  }
}

// A running system is told by its first process, an image by what is in it.
function detect(root: string, isRoot: boolean): InitSystem | undefined {
  const has = (path: string): boolean => existsSync(join(root, path));
  if (root === '/') {
    if (process.platform === 'darwin') return launchd;
    if (has('/run/systemd/system') || firstProcessName() === 'systemd') {
      return isRoot ? systemd : systemdUser;
    }
    if (has('/run/openrc')) return openrc;
    return firstProcessName() === 'init' && has('/etc/init.d') ? sysv : undefined;
  }
  if (has('/usr/lib/systemd/systemd') || has('/lib/systemd/systemd')) return systemd;
  if (has('/sbin/openrc')) return openrc;
  if (has('/etc/init.d')) return sysv;
  return has('/Library/LaunchDaemons') ? launchd : undefined;
}

/** The init system called `forced`, or the one that is used in `root` ("/" is this machine). */
export function chooseInitSystem(options: {
  forced: string | undefined;
  root: string;
  isRoot: boolean;
}): InitSystem {
  const { forced, root, isRoot } = options;
  const names = initSystems.map(({ name }) => name);
  if (forced !== undefined) {
    const known = initSystems.find(({ name }) => name === forced);
    if (known !== undefined) return known;
    throw new OperatingError(
      'usage',
      `--init takes ${names.join(', ')}, not "${forced}"${didYouMean(forced, names)}`,
      { exitCode: exitCodes.usage },
    );
  }
  const found = detect(root, isRoot);
  if (found !== undefined) return found;
  throw new OperatingError(
    'no-init',
    `cannot tell which init system starts ${root === '/' ? `this machine (process 1 is "${firstProcessName()}")` : root}: give --init ${names.join('|')}`,
    { exitCode: exitCodes.unavailable },
  );
}
