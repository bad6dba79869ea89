// What manual pages and completion scripts need to know of a program, read from its commander
// description.

import { serviceAliases, serviceNames } from '../../bundle/services.ts';
import type { Command } from '../../bundle/supervisor/command-line.ts';

export interface DescribedOption {
  flags: string;
  names: string[];
  description: string;
  takesValue: boolean;
}

export interface DescribedCommand {
  /** The words that lead to it, without the program's name. */
  path: string[];
  usage: string;
  description: string;
  options: DescribedOption[];
  commands: DescribedCommand[];
  /** Words that can follow, where they are known. */
  words: string[];
}

export function describeCommand(command: Command, path: string[] = []): DescribedCommand {
  const takesServices = command.registeredArguments.some((argument) =>
    /^services?$/.test(argument.name()),
  );
  const help = command.createHelp();
  const options = help.visibleOptions(command).map((option) => ({
    flags: option.flags,
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    takesValue: option.required || option.optional,
  }));
  return {
    path,
    usage: command.usage(),
    description: command.description(),
    options,
    commands: command.commands.map((child) => describeCommand(child, [...path, child.name()])),
    words: takesServices ? [...serviceNames, ...Object.keys(serviceAliases)] : [],
  };
}

/** The command and everything below it, depth first. */
export function flatten(command: DescribedCommand): DescribedCommand[] {
  return [command, ...command.commands.flatMap(flatten)];
}
