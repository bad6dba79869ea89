// dkm: the command of an instance.
import { runProgram } from './command-line.ts';
import { describeDkm } from './dkm-program.ts';

await runProgram(describeDkm(), process.argv.slice(2));
