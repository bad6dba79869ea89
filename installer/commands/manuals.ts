// dkmadmin completion, manuals: made from the descriptions of the programs themselves.
import { resolve } from 'node:path';
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { readShell, shells } from '../manuals/completion.ts';
import { completionOf, documentedPrograms, writeManuals } from '../manuals/programs.ts';
import type { AddCommand } from './command.ts';

export const addManualCommands: AddCommand = (program, context) => {
  const programs = documentedPrograms(() => program);
  program
    .command('completion <shell> [program]')
    .description(
      `print the completion script of dkm, dkmadmin or installer (default: dkm) for ${shells.join(', ')}`,
    )
    .action((shell: string, name = 'dkm') => {
      const found = programs.find((one) => one.names.includes(name));
      if (found === undefined) {
        throw new OperatingError('usage', `there is no program ${name}`, {
          exitCode: exitCodes.usage,
        });
      }
      process.stdout.write(completionOf(found, readShell(shell)));
    });
  program
    .command('manuals <directory>')
    .description('write manual pages and completion scripts, laid out as in /usr/share')
    .action((directory: string) => {
      for (const path of writeManuals(resolve(directory), programs)) context.say(path);
    });
};
