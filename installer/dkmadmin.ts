// dkmadmin: the administrator's command of an instance.
import { runProgram } from '../bundle/supervisor/command-line.ts';
import { describeDkmadmin } from './dkmadmin-program.ts';

// The original knew the option of install-boot as -name.
const words = process.argv.slice(2).map((word) => word.replace(/^-name(?==|$)/, '--name'));
await runProgram(describeDkmadmin(), words);
