// dkmadmin uninstall: stops the instance and removes it; the data stay unless told otherwise.
import { chmodSync, cpSync, existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { stopEverything } from '../../bundle/supervisor/control-actions.ts';
import { readInstance } from '../../bundle/supervisor/instance.ts';
import { initSystems } from '../boot/index.ts';
import { bootFilesOf } from '../boot/installed.ts';
import { checkInstanceDirectory } from '../data-dir.ts';
import { confirm } from '../questions.ts';
import type { AddCommand, AdminContext } from './command.ts';

// What a new installation in the same directory goes on from.
const dataParts = ['storage', 'dashboards'];
const programParts = ['conf', 'bin', 'lib', 'static', 'share', 'kits', 'run'];
/** Where an edited configuration is kept, in the part that stays. */
const confKept = 'storage/conf-before-uninstall';

async function uninstall(
  context: AdminContext,
  options: { yes?: boolean; removeData?: boolean },
): Promise<void> {
  const home = checkInstanceDirectory(context.home());
  const instance = readInstance(home);
  const boot = initSystems.flatMap((init) => bootFilesOf(init, home));
  if (boot.length > 0) {
    throw new OperatingError(
      'boot-installed',
      `${boot.join(', ')} starts this instance at boot: dkmadmin uninstall-boot first`,
      {
        exitCode: exitCodes.unavailable,
      },
    );
  }
  const what =
    options.removeData === true
      ? `${home} with all its data`
      : `the program in ${home} (its data stay)`;
  if (options.yes !== true && !(await confirm(`Remove ${what}?`))) {
    throw new OperatingError('declined', 'nothing was removed (--yes removes without asking)', {
      exitCode: exitCodes.usage,
    });
  }
  process.chdir(home);
  await stopEverything({ home, instance, allowRoot: context.allowRoot(), say: context.say });
  process.chdir('/');
  if (options.removeData !== true) {
    rmSync(join(home, confKept), { recursive: true, force: true });
    cpSync(join(home, 'conf'), join(home, confKept), { recursive: true, preserveTimestamps: true });
    chmodSync(join(home, confKept), 0o700);
  }
  // First what makes it an instance, so that nothing half removed can be started.
  const parts = [...programParts, ...(options.removeData === true ? dataParts : [])];
  for (const part of parts) rmSync(join(home, part), { recursive: true, force: true });
  const left = existsSync(home) ? readdirSync(home) : [];
  if (left.length === 0) rmdirSync(home);
  context.say(
    left.length === 0 ? `${home} is removed` : `removed; still in ${home}: ${left.join(', ')}`,
  );
}

export const addUninstallCommand: AddCommand = (program, context) => {
  program
    .command('uninstall')
    .description('stop and remove the instance; storage and dashboards stay')
    .option('--remove-data', 'remove them too')
    .option('-y, --yes', 'do not ask')
    .action((options: { yes?: boolean; removeData?: boolean }) => uninstall(context, options));
};
