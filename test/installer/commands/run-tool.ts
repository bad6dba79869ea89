// dkmadmin with only the whisper and schema commands: what their tests start.
import { createProgram, runProgram } from '../../../bundle/supervisor/command-line.ts';
import { register as registerSchema } from '../../../installer/commands/schema.ts';
import { register as registerWhisper } from '../../../installer/commands/whisper.ts';

const program = createProgram('dkmadmin', 'Only the commands under test.');
registerWhisper(program);
registerSchema(program);
await runProgram(program, process.argv.slice(2));
