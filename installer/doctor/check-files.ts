// Permissions, links, space: what the file system says.
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../bundle/core/errors.ts';
import { instancePaths } from '../../bundle/supervisor/instance.ts';
import { formatBytes } from '../../bundle/supervisor/status-table.ts';
import { installedVersion } from '../kit-version.ts';
import { shellWord } from '../shell-word.ts';
import { type Check, type Finding, good, problem, warning } from './finding.ts';

const shareFewest = 0.02;
const shareFew = 0.1;
const directoriesLookedAt = 20_000;
const closedNamed = 5;

const isOpen = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

export const checkLinks: Check = ({ home }) => {
  try {
    const version = installedVersion(home);
    const broken = ['lib', 'static', 'bin/dkm'].filter((path) => !existsSync(join(home, path)));
    if (broken.length === 0) return [good('program', `version ${version}`)];
    return [
      problem(
        'program',
        `${broken.join(', ')} lead nowhere`,
        'installer --update -d DIRECTORY repairs them',
      ),
    ];
  } catch (error) {
    return [problem('program', messageOf(error), 'installer --update -d DIRECTORY repairs it')];
  }
};

export const checkPermissions: Check = ({ home }) => {
  const findings: Finding[] = [];
  const { uid } = statSync(home);
  for (const path of ['conf', 'storage', 'run', 'dashboards']) {
    const full = join(home, path);
    if (!existsSync(full)) {
      findings.push(problem('permissions', `${path} is missing`, `mkdir ${shellWord(full)}`));
      continue;
    }
    if (statSync(full).uid !== uid) {
      findings.push(
        problem(
          'permissions',
          `${path} belongs to another user than the instance`,
          `chown -R ${uid} ${shellWord(full)}`,
        ),
      );
    }
    if (!isOpen(full)) {
      findings.push(
        problem(
          'permissions',
          `${path} cannot be written by this user`,
          `chmod u+rwx ${shellWord(full)}`,
        ),
      );
    }
  }
  for (const path of [
    instancePaths.adminPassword,
    'conf/secrets',
    instancePaths.controlDirectory,
  ]) {
    const full = join(home, path);
    if (existsSync(full) && (statSync(full).mode & 0o077) !== 0) {
      findings.push(
        problem('permissions', `${path} can be read by others`, `chmod go= ${shellWord(full)}`),
      );
    }
  }
  return findings.length === 0
    ? [good('permissions', 'only the owner reads the secrets')]
    : findings;
};

// The first of them, from the top: a large tree is not walked to its end.
function closedDirectories(top: string): string[] {
  const closed: string[] = [];
  const waiting = [top];
  for (let i = 0; i < waiting.length && i < directoriesLookedAt; i++) {
    const directory = waiting[i] ?? '';
    if (!isOpen(directory)) closed.push(directory);
    else if (closed.length < closedNamed) {
      for (const entry of readdirSync(directory, { withFileTypes: true }))
        if (entry.isDirectory()) waiting.push(join(directory, entry.name));
    }
  }
  return closed;
}

/** Directories of series that carbon can neither read nor write. */
export const checkSeriesDirectories: Check = ({ home }) => {
  const top = join(home, 'storage/whisper');
  if (!existsSync(top)) return [];
  const closed = closedDirectories(top).slice(0, closedNamed);
  return closed.map((path) =>
    problem(
      'permissions',
      `${path.slice(home.length + 1)} cannot be read and written by this user: its series are missing`,
      `chown -R ${statSync(home).uid} ${shellWord(path)}; chmod -R u+rwX ${shellWord(path)}`,
    ),
  );
};

export const checkSpace: Check = ({ home }) => {
  const { blocks, bavail, bsize, files, ffree } = statfsSync(join(home, instancePaths.storage));
  const findings: Finding[] = [];
  const look = (what: string, share: number, left: string, fix: string): void => {
    const text = `${left} ${what} are free (${(share * 100).toFixed(1)} %)`;
    if (share < shareFewest) findings.push(problem('disk', text, fix));
    else if (share < shareFew) findings.push(warning('disk', text, fix));
    else findings.push(good('disk', text));
  };
  look(
    'of the disk',
    bavail / blocks,
    formatBytes(bavail * bsize),
    'dkmadmin schema plan shows what shorter retentions give back',
  );
  if (files > 0) {
    look(
      'inodes',
      ffree / files,
      String(ffree),
      'dkmadmin metric expire removes series nobody writes to',
    );
  }
  return findings;
};
