// What the command lines of dkm, dkmadmin and installer have in common. The one importer of
// commander in the supervisor and the installer.
import { Command, CommanderError, Option } from 'commander';
import { codeOf, exitCodes, OperatingError } from '../core/errors.ts';
import { version } from '../core/version.ts';

export { Command, Option };

// What is wrong is the machine, not the program: no stack helps.
const machineTroubles = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'EPERM', 'EMFILE']);
const quietEnds = new Set(['commander.helpDisplayed', 'commander.version']);

/** An empty program with --help and --version; a wrong word is answered with the nearest one. */
export function createProgram(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this text')
    .showSuggestionAfterError(true)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .exitOverride();
}

/** Parses `words` and runs the command; sets the exit code and prints what the user must know. */
export async function runProgram(program: Command, words: readonly string[]): Promise<void> {
  // A reader that had enough (`dkm logs | head`) is no error.
  process.stdout.on('error', () => process.exit(exitCodes.ok));
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = quietEnds.has(error.code) ? exitCodes.ok : exitCodes.usage;
    } else if (error instanceof OperatingError) {
      process.stderr.write(`${program.name()}: ${error.message}\n`);
      process.exitCode = error.exitCode;
    } else if (error instanceof Error && machineTroubles.has(codeOf(error) ?? '')) {
      process.stderr.write(`${program.name()}: ${error.message}\n`);
      process.exitCode = exitCodes.unavailable;
    } else {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(`${program.name()}: ${text}\n`);
      process.exitCode = exitCodes.failure;
    }
  }
}
