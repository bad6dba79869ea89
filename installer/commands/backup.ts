// dkmadmin backup, restore, import.
import { resolve } from 'node:path';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { lockOwner } from '../../bundle/core/process-lock.ts';
import { instancePaths } from '../../bundle/supervisor/instance.ts';
import { kitRoot } from '../../bundle/supervisor/kit.ts';
import { formatBytes } from '../../bundle/supervisor/status-table.ts';
import { backupInstance } from '../backup/backup.ts';
import { findImportSource, importInto } from '../backup/import.ts';
import { listBackups, readManifest } from '../backup/manifest.ts';
import { restoreInstance, verifyBackup } from '../backup/restore.ts';
import { checkInstanceDirectory } from '../data-dir.ts';
import { readBasePort } from '../ports.ts';
import type { AddCommand, AdminContext } from './command.ts';

const progressIntervalMs = 2000;

async function backup(
  context: AdminContext,
  destination: string,
  incremental: boolean,
): Promise<void> {
  const home = checkInstanceDirectory(context.home());
  let toldAtMs = Date.now();
  const result = await backupInstance(home, resolve(destination), {
    incremental,
    progress: (done, total) => {
      if (Date.now() - toldAtMs < progressIntervalMs) return;
      toldAtMs = Date.now();
      context.warn(`${done} of ${total} files`);
    },
  });
  const { directory, files, bytes, shared, unsettled } = result;
  const part =
    shared > 0 ? `, ${shared} of them unchanged since the last backup and shared with it` : '';
  context.say(`${directory}: ${files} files, ${formatBytes(bytes)}${part}`);
  if (unsettled.length > 0) {
    context.warn(
      `written to while they were copied: ${unsettled.slice(0, 5).join(', ')} (${unsettled.length})`,
    );
  }
}

// A directory of backups stands for its latest one.
function backupIn(path: string): string {
  const directory = resolve(path);
  return listBackups(directory).at(-1) ?? directory;
}

async function restore(
  context: AdminContext,
  path: string,
  options: { to?: string; port?: string; verify?: boolean },
): Promise<void> {
  const directory = backupIn(path);
  if (options.to === undefined) {
    if (options.verify !== true) {
      throw new OperatingError(
        'usage',
        '--to names the new instance directory (or --verify alone checks the backup)',
        {
          exitCode: exitCodes.usage,
        },
      );
    }
    const { files } = await verifyBackup(directory);
    context.say(`${directory}: ${files.length} files are as they were backed up`);
    return;
  }
  const { instance } = readManifest(directory);
  await restoreInstance({
    backup: directory,
    home: resolve(options.to),
    basePort: options.port === undefined ? undefined : readBasePort(options.port),
    allowRoot: context.allowRoot() || (instance.allowRoot && process.geteuid?.() === 0),
    kit: kitRoot(),
    verify: options.verify === true,
    say: context.say,
    warn: context.warn,
  });
}

function importFrom(
  context: AdminContext,
  options: { from: string; conf?: string; merge?: boolean },
): void {
  const home = checkInstanceDirectory(context.home());
  if (lockOwner(`${home}/${instancePaths.supervisorPid}`) !== undefined) {
    throw new OperatingError('running', 'the instance runs: dkm stop first', {
      exitCode: exitCodes.unavailable,
    });
  }
  const source = findImportSource(
    resolve(options.from),
    options.conf === undefined ? undefined : resolve(options.conf),
  );
  const report = importInto(home, source, options.merge === true);
  context.say(
    `series: ${report.copied} copied, ${report.merged} merged, ${report.skipped} there already`,
  );
  if (report.rules.length > 0) context.say(`storage rules: ${report.rules.join(', ')}`);
  if (report.dashboards > 0) context.say(`dashboards: ${report.dashboards}`);
  for (const line of report.damaged.slice(0, 20)) context.warn(`not taken: ${line}`);
  if (report.damaged.length > 0) process.exitCode = exitCodes.failure;
}

export const addBackupCommands: AddCommand = (program, context) => {
  program
    .command('backup <destination>')
    .description('copy configuration, dashboards and data, also while it runs')
    .option('--incremental', 'share unchanged files with the last backup there (hard links)')
    .action((destination: string, { incremental }: { incremental?: boolean }) =>
      backup(context, destination, incremental === true),
    );
  program
    .command('restore <backup>')
    .description('make an instance from a backup, or from the latest one in a directory of backups')
    .option('--to <directory>', 'the new instance directory')
    .option('--port <port>', 'another base port')
    .option('--verify', 'check every file, before and after; without --to only the backup')
    .action((path: string, options: { to?: string; port?: string; verify?: boolean }) =>
      restore(context, path, options),
    );
  program
    .command('import')
    .description('take over the data of an original dkumonitor, a go-carbon or a graphite-web')
    .requiredOption('--from <directory>', 'where its storage and conf are')
    .option('--conf <directory>', 'where its storage rules are, when elsewhere')
    .option('--merge', 'also into series that are here already')
    .action((options: { from: string; conf?: string; merge?: boolean }) =>
      importFrom(context, options),
    );
};
