// The commands of dkmadmin, in the order of the help text.
import { addBootCommands } from './boot.ts';
import type { AddCommand } from './command.ts';
import { addUpdateCommands } from './update.ts';

export type { AdminContext } from './command.ts';

export const commands: readonly AddCommand[] = [addBootCommands, addUpdateCommands];
