// `npm stop`: stops the demo instance and its supervisor; fine when nothing runs.
import { join } from 'node:path';
import { OperatingError } from '../core/errors.ts';
import { demoDirectory, installedDemo, rootFlags, runShown } from './demo.ts';

try {
  if (installedDemo() === undefined) process.stdout.write('dist/demo is not installed\n');
  else await runShown(join(demoDirectory, 'bin', 'dkm'), ['stop', ...rootFlags]);
} catch (error) {
  if (!(error instanceof OperatingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
