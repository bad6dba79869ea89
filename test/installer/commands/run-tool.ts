// dkmadmin with only the whisper and schema commands: what their tests start.

import { OperatingError } from '../../../bundle/core/errors.ts';
import { createProgram } from '../../../bundle/supervisor/command-line.ts';
import { register as registerSchema } from '../../../installer/commands/schema.ts';
import { register as registerWhisper } from '../../../installer/commands/whisper.ts';

const program = createProgram('dkmadmin', 'test');
registerWhisper(program);
registerSchema(program);
try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`${error instanceof OperatingError ? error.message : String(error)}\n`);
  process.exitCode = error instanceof OperatingError ? error.exitCode : 1;
}
