// The programs that have a manual page and completion, and their files in a kit's share/.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from '../../bundle/supervisor/command-line.ts';
import { describeDkm } from '../../bundle/supervisor/dkm-program.ts';
import { describeInstaller } from '../installer-program.ts';
import { completionScript, type Shell, shells } from './completion.ts';
import { describeCommand } from './describe.ts';
import { type ManualFacts, manPage } from './man-page.ts';

export interface DocumentedProgram {
  name: string;
  /** What it can be called by. */
  names: string[];
  describe(): Command;
}

/** dkmadmin describes itself with the commands that use this file, so it is handed in. */
export const documentedPrograms = (describeDkmadmin: () => Command): DocumentedProgram[] => [
  { name: 'dkm', names: ['dkm', 'dkumonitor'], describe: describeDkm },
  { name: 'dkmadmin', names: ['dkmadmin', 'dkumonitoradmin'], describe: describeDkmadmin },
  { name: 'installer', names: ['installer'], describe: describeInstaller },
];

const facts = (name: string): ManualFacts => ({
  files: [
    ['conf/', 'the configuration, one file a service'],
    ['storage/', 'the data'],
    ['run/', 'logs and state'],
    ['conf/secrets/admin-password', 'the first password of the user admin'],
  ],
  exitCodes: [
    ['0', 'done'],
    ['1', 'failed, or not everything is well'],
    ['2', 'wrong usage'],
    ['3', 'status: not running'],
    ['69', 'a port, a directory or a program is not available'],
    ['78', 'a configuration file is wrong'],
  ],
  seeAlso: ['dkm', 'dkmadmin', 'installer'].filter((other) => other !== name),
});

const completionPath: Record<Shell, (name: string) => string> = {
  bash: (name) => `bash-completion/completions/${name}`,
  zsh: (name) => `zsh/site-functions/_${name}`,
  fish: (name) => `fish/vendor_completions.d/${name}.fish`,
};

/** The completion script of one program. */
export function completionOf({ name, names, describe }: DocumentedProgram, shell: Shell): string {
  return completionScript({ shell, program: name, described: describeCommand(describe()), names });
}

/** Writes manual pages and completion scripts below `directory`, laid out as in /usr/share. */
export function writeManuals(directory: string, programs: readonly DocumentedProgram[]): string[] {
  const written: string[] = [];
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
    written.push(path);
  };
  for (const program of programs) {
    const { name, describe } = program;
    // The installer is too common a word for a system's manual.
    const page = name === 'installer' ? 'dkumonitor-installer' : name;
    put(`man/man1/${page}.1`, manPage(name, describeCommand(describe()), facts(name)));
    for (const shell of shells) put(completionPath[shell](name), completionOf(program, shell));
  }
  return written;
}
