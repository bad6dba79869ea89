// dkmadmin with only the metric commands: what their tests start.
import { createProgram, runProgram } from '../../../bundle/supervisor/command-line.ts';
import { register } from '../../../installer/commands/metric.ts';

const program = createProgram('dkmadmin', 'Only the commands under test.');
register(program);
await runProgram(program, process.argv.slice(2));
