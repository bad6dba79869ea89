// The versions of kits: which one an instance runs, which of two is the newer.
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, messageOf, OperatingError } from '../bundle/core/errors.ts';
import { instancePaths } from '../bundle/supervisor/instance.ts';

/** The version of the kit in `root`. */
export function kitVersion(root: string): string {
  try {
    return readFileSync(join(root, 'VERSION'), 'utf8').trim();
  } catch (error) {
    throw new OperatingError(
      'incomplete-kit',
      `cannot read the version of ${root}: ${messageOf(error)}`,
      {
        cause: error,
        exitCode: exitCodes.unavailable,
      },
    );
  }
}

/** The version the instance runs: where its lib points to. */
export function installedVersion(home: string): string {
  try {
    const parts = readlinkSync(join(home, instancePaths.lib)).split('/');
    const version = parts.at(-2);
    if (version !== undefined) return version;
  } catch {
    // Told below.
  }
  throw new OperatingError(
    'broken-instance',
    `${home}/lib does not point to a kit: installer --update repairs it`,
  );
}

/** The kits kept in an instance, oldest first. */
export function keptVersions(home: string): string[] {
  return readdirSync(join(home, instancePaths.kits), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d/.test(entry.name))
    .map((entry) => entry.name)
    .sort(compareVersions);
}

/** Removes all kits but these. */
export function removeOtherKits(home: string, kept: readonly string[]): string[] {
  const removed = keptVersions(home).filter((version) => !kept.includes(version));
  for (const version of removed) {
    rmSync(join(home, instancePaths.kits, version), { recursive: true, force: true });
  }
  return removed;
}

/** Negative when `a` is older than `b`; a pre-release (1.2.0-rc1) is older than its release. */
export function compareVersions(a: string, b: string): number {
  const split = (text: string): { numbers: number[]; pre: string } => {
    const [release = '', ...pre] = text.split('-');
    return { numbers: release.split('.').map(Number), pre: pre.join('-') };
  };
  const [left, right] = [split(a), split(b)];
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === '') return 1;
  if (right.pre === '') return -1;
  return left.pre < right.pre ? -1 : 1;
}
