// What a boot service needs to know of an instance, and the contract of the init systems.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { servicesOfType } from '../../bundle/services.ts';
import type { Instance } from '../../bundle/supervisor/instance.ts';

export interface BootPlan {
  /** dkumonitor, or dkumonitor.NAME. */
  service: string;
  /** The instance directory as the booted system sees it. */
  home: string;
  /** Who owns the instance and runs the services. */
  user: string;
  runsAgent: boolean;
  /** The booted system has systemd-notify. */
  canNotify: boolean;
}

export interface BootFile {
  /** Absolute, as the booted system sees it. */
  path: string;
  content: string;
  mode: number;
}

/** One thing to run; it fails the installation unless `optional`. */
export interface BootCommand {
  program: string;
  words: string[];
  optional?: boolean;
}

export interface InitSystem {
  name: string;
  /** Where its file for the service is. */
  pathOf(service: string): string;
  render(plan: BootPlan): BootFile;
  /** Makes a written file take effect on the running system. */
  enable(service: string): BootCommand[];
  /** Undoes that, before the file is removed. */
  disable(service: string): BootCommand[];
  /** After the file was removed. */
  forget(service: string): BootCommand[];
  /** Links that enable the service in an image that is not running: path → target. */
  imageLinks(service: string): Record<string, string>;
  /** Prints whether it is enabled and active; the exit code is 0 when it is enabled. */
  isEnabled(service: string): BootCommand;
  isActive(service: string): BootCommand;
  /** The sentence that tells how to start it now. */
  startHint(service: string): string;
}

const namePattern = /^[A-Za-z0-9_.@-]{1,64}$/;

export function serviceName(name: string | undefined): string {
  if (name === undefined) return 'dkumonitor';
  if (namePattern.test(name)) return `dkumonitor.${name}`;
  throw new OperatingError('usage', `--name takes letters, digits and _ . @ -, not "${name}"`, {
    exitCode: exitCodes.usage,
  });
}

/** The first line of every boot file, by which it is known again. */
export const markOf = (home: string): string => `dkumonitor instance ${JSON.stringify(home)}`;

function userName(uid: number, root: string): string {
  const passwd = readFileSync(join(root, '/etc/passwd'), 'utf8');
  const line = passwd.split('\n').find((entry) => entry.split(':')[2] === String(uid));
  return line?.split(':')[0] ?? String(uid);
}

/** The owner of the instance; root only when that is wanted. */
export function ownerOf(home: string, root: string, allowRoot: boolean): string {
  const { uid } = statSync(home);
  if (uid === 0 && !allowRoot && process.platform === 'linux') {
    throw new OperatingError(
      'root',
      `${home} belongs to root, so the services would run as root: give it to another user, or pass --allow-root`,
      { exitCode: exitCodes.usage },
    );
  }
  return userName(uid, root);
}

export const runsAgent = (instance: Instance): boolean =>
  servicesOfType[instance.type].includes('agent');

/** Throws for characters no init system can carry in a path. */
export function checkBootPath(home: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (!/[\u0000-\u001f\u007f]/.test(home)) return home;
  throw new OperatingError('bad-directory', `${JSON.stringify(home)} has control characters in it`);
}
