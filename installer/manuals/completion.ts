// Completion scripts for bash, zsh and fish.
import { exitCodes, OperatingError } from '../../bundle/core/errors.ts';
import { didYouMean } from '../../bundle/core/nearest-name.ts';
import { type DescribedCommand, flatten } from './describe.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function readShell(text: string): Shell {
  const shell = shells.find((known) => known === text);
  if (shell !== undefined) return shell;
  throw new OperatingError(
    'usage',
    `the shell is one of ${shells.join(', ')}, not "${text}"${didYouMean(text, shells)}`,
    {
      exitCode: exitCodes.usage,
    },
  );
}

const optionNames = (command: DescribedCommand): string[] =>
  command.options.flatMap(({ names }) => names);

const wordsAfter = (command: DescribedCommand, root: DescribedCommand): string[] => [
  ...command.commands.map(({ path }) => path.at(-1) ?? ''),
  ...command.words,
  ...optionNames(command),
  ...(command === root ? [] : optionNames(root)),
];

const unique = (words: readonly string[]): string => [...new Set(words)].join(' ');

function bashFunction(program: string, root: DescribedCommand): string {
  const name = `_${program.replaceAll('-', '_')}`;
  const all = flatten(root);
  const steps = all
    .slice(1)
    .map(({ path }) => `'${path.slice(0, -1).join(' ')}|${path.at(-1)}'`)
    .join(' | ');
  const choices = all
    .map(
      (command) =>
        `    '${command.path.join(' ')}') words='${unique(wordsAfter(command, root))}' ;;`,
    )
    .join('\n');
  const step =
    steps === ''
      ? ''
      : `    case "$path|$word" in\n      ${steps}) path="\${path:+$path }$word" ;;\n    esac\n`;
  return `${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path= words= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${step}    :
  done
  case "$path" in
${choices}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
`;
}

const fishWord = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishScript(program: string, root: DescribedCommand, names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) {
    for (const command of flatten(root)) {
      const known = command.commands.map(({ path }) => path.at(-1)).join(' ');
      const seen = command.path.map((word) => `__fish_seen_subcommand_from ${word}`);
      const notYet = known === '' ? [] : [`not __fish_seen_subcommand_from ${known}`];
      const conditions = [...seen, ...notYet].join('; and ');
      const when = conditions === '' ? '' : ` -n ${fishWord(conditions)}`;
      for (const child of command.commands) {
        lines.push(
          `complete -c ${name}${when} -f -a ${child.path.at(-1)} -d ${fishWord(child.description)}`,
        );
      }
      if (command.words.length > 0)
        lines.push(`complete -c ${name}${when} -f -a ${fishWord(command.words.join(' '))}`);
      for (const { names: flags, description, takesValue } of command.options) {
        const words = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const own = command === root ? '' : when;
        lines.push(
          `complete -c ${name}${own} ${words.join(' ')}${takesValue ? ' -r' : ''} -d ${fishWord(description)}`,
        );
      }
    }
  }
  return `# Completion of ${program} for fish.\n${lines.join('\n')}\n`;
}

/** The completion script of a program, which may have several names. */
export function completionScript(options: {
  shell: Shell;
  program: string;
  described: DescribedCommand;
  names: readonly string[];
}): string {
  const { shell, program, described, names } = options;
  if (shell === 'fish') return fishScript(program, described, names);
  const bash = `${bashFunction(program, described)}complete -o default -F _${program.replaceAll('-', '_')} ${names.join(' ')}\n`;
  if (shell === 'bash') return `# Completion of ${program} for bash.\n${bash}`;
  return `#compdef ${names.join(' ')}\n# Completion of ${program} for zsh.\nautoload -Uz bashcompinit && bashcompinit\n${bash}`;
}
