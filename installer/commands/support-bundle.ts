// dkmadmin support-bundle.
import { resolve } from 'node:path';
import { askStatus } from '../../bundle/supervisor/control-client.ts';
import { checkInstanceDirectory } from '../data-dir.ts';
import { writeSupportBundle } from '../support-bundle.ts';
import type { AddCommand } from './command.ts';
import { findingsOf, formatFindings } from './doctor.ts';

export const addSupportBundleCommand: AddCommand = (program, context) => {
  program
    .command('support-bundle [file]')
    .description('gather status, configuration, logs and findings in a .tar.gz, without secrets')
    .action(async (file: string | undefined) => {
      const home = checkInstanceDirectory(context.home());
      const stamp = new Date().toISOString().replace(/[:.]/g, '-');
      const target = resolve(file ?? `dkumonitor-support-${stamp}.tar.gz`);
      const findings = formatFindings(await findingsOf(home));
      const names = await writeSupportBundle({ home, target, status: await askStatus(), findings });
      context.say(`${target}: ${names.length} files; look through it before you send it`);
    });
};
