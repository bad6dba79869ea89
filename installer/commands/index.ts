// The commands of dkmadmin, in the order of the help text.
import { addBackupCommands } from './backup.ts';
import { addBootCommands } from './boot.ts';
import type { AddCommand } from './command.ts';
import { register as addSchemaCommands } from './schema.ts';
import { addUpdateCommands } from './update.ts';
import { register as addWhisperCommands } from './whisper.ts';

export type { AdminContext } from './command.ts';

export const commands: readonly AddCommand[] = [
  addBootCommands,
  addUpdateCommands,
  addBackupCommands,
  addSchemaCommands,
  addWhisperCommands,
];
