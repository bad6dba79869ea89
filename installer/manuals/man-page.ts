// A manual page in roff.
import { version } from '../../bundle/core/version.ts';
import { type DescribedCommand, type DescribedOption, flatten } from './describe.ts';

/** Text in which roff finds nothing to interpret. */
export function escapeRoff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

const paragraph = (title: string, text: string): string =>
  `.TP\n.B ${escapeRoff(title)}\n${escapeRoff(text)}\n`;

const optionText = ({ flags, description }: DescribedOption): string =>
  paragraph(flags, description);

function commandText(program: string, command: DescribedCommand): string {
  const title = [program, ...command.path, command.usage].join(' ').replace(' [options]', '');
  const options = command.options.filter(({ names }) => !names.includes('--help'));
  const inner = options.length === 0 ? '' : `.RS\n${options.map(optionText).join('')}.RE\n`;
  return `.SS ${escapeRoff(title)}\n${escapeRoff(command.description)}\n${inner}`;
}

export interface ManualFacts {
  /** Name and meaning. */
  files: readonly (readonly [string, string])[];
  exitCodes: readonly (readonly [string, string])[];
  seeAlso: readonly string[];
}

/** The page of `program` for section 1. */
export function manPage(program: string, described: DescribedCommand, facts: ManualFacts): string {
  const commands = flatten(described)
    .slice(1)
    .filter(({ commands: below }) => below.length === 0);
  const list = (title: string, rows: ManualFacts['files']): string =>
    `.SH ${title}\n${rows.map(([name, meaning]) => paragraph(name, meaning)).join('')}`;
  return [
    `.TH ${program.toUpperCase()} 1 "" "dkumonitor ${escapeRoff(version)}" "dkumonitor"\n`,
    `.SH NAME\n${program} \\- ${escapeRoff(described.description.replace(/\.$/, ''))}\n`,
    `.SH SYNOPSIS\n.B ${program}\n${escapeRoff(described.usage)}\n`,
    `.SH OPTIONS\n${described.options.map(optionText).join('')}`,
    commands.length === 0
      ? ''
      : `.SH COMMANDS\n${commands.map((command) => commandText(program, command)).join('')}`,
    list('FILES', facts.files),
    list('EXIT STATUS', facts.exitCodes),
    `.SH SEE ALSO\n${facts.seeAlso.map((name) => `.BR ${name} (1)`).join(',\n')}\n`,
  ].join('');
}
