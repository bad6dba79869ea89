// The commands of dkmadmin, in the order of the help text.
import { addAgentTokenCommands } from './agent-token.ts';
import { addBackupCommands } from './backup.ts';
import { addBootCommands } from './boot.ts';
import { addCertificateCommands } from './certificate.ts';
import type { AddCommand } from './command.ts';
import { addConfigCommands } from './config.ts';
import { addDoctorCommand } from './doctor.ts';
import { addManualCommands } from './manuals.ts';
import { register as addMetricCommands } from './metric.ts';
import { addPlanCommand } from './plan.ts';
import { register as addSchemaCommands } from './schema.ts';
import { addSecureCommand } from './secure.ts';
import { addSupportBundleCommand } from './support-bundle.ts';
import { addTokenCommands } from './token.ts';
import { addUninstallCommand } from './uninstall.ts';
import { addUpdateCommands } from './update.ts';
import { register as addWhisperCommands } from './whisper.ts';
import { addWhyCommand } from './why.ts';

export type { AdminContext } from './command.ts';

export const commands: readonly AddCommand[] = [
  addBootCommands,
  addUpdateCommands,
  addBackupCommands,
  addDoctorCommand,
  addWhyCommand,
  addPlanCommand,
  addConfigCommands,
  addSupportBundleCommand,
  addSecureCommand,
  addTokenCommands,
  addCertificateCommands,
  addAgentTokenCommands,
  addUninstallCommand,
  addManualCommands,
  addSchemaCommands,
  addMetricCommands,
  addWhisperCommands,
];
