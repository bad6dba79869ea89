// The commands of dkmadmin, in the order of the help text.
import type { AddCommand } from './command.ts';

export type { AdminContext } from './command.ts';

export const commands: readonly AddCommand[] = [];
