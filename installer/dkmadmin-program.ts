// The command line of dkmadmin: one file a command, in commands/.
import { type Command, createProgram } from '../bundle/supervisor/command-line.ts';
import { findHome } from '../bundle/supervisor/instance.ts';
import { type AdminContext, commands } from './commands/index.ts';

/** The program, described but not run: shell completion and manual pages are made from it. */
export function describeDkmadmin(): Command {
  const program = createProgram(
    'dkmadmin',
    'Looks after a dkumonitor instance: boot service, updates, backups, diagnosis.',
  )
    .option('-d, --directory <directory>', 'the instance directory (default: where dkmadmin lies)')
    .option('--allow-root', 'work on an instance as root although that is not advised');
  const context: AdminContext = {
    home: () => findHome(program.opts<{ directory?: string }>().directory),
    allowRoot: () => program.opts<{ allowRoot?: boolean }>().allowRoot === true,
    say: (line) => void process.stdout.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`${line}\n`),
  };
  for (const command of commands) command(program, context);
  return program;
}
