// The contract of a dkmadmin command: a function that adds it to the program.
import type { Command } from '../../bundle/supervisor/command-line.ts';

export interface AdminContext {
  /** The absolute path of the instance directory; it may turn out not to be one. */
  home(): string;
  allowRoot(): boolean;
  /** Prints one line of the result. */
  say(line: string): void;
  /** Prints one line of advice or progress, apart from the result. */
  warn(line: string): void;
}

export type AddCommand = (program: Command, context: AdminContext) => void;
