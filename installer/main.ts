// installer: the first program of the tarball.
import { runProgram } from '../bundle/supervisor/command-line.ts';
import { describeInstaller } from './installer-program.ts';

await runProgram(describeInstaller(), process.argv.slice(2));
