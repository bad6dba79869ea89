// `npm run check`: format, lint and types; the fast gate before a commit.
import { join } from 'node:path';
import { execa } from 'execa';
import { projectRoot } from './project.ts';

const bin = join(projectRoot, 'node_modules', '.bin');
const checks: [string, string[]][] = [
  ['biome', ['check', '--error-on-warnings']],
  ['tsc', ['--noEmit']],
  ['tsc', ['--noEmit', '-p', 'bundle/grafana/viewer']],
];

let failed = 0;
for (const [command, args] of checks) {
  const result = await execa(join(bin, command), args, {
    cwd: projectRoot,
    stdio: 'inherit',
    reject: false,
  });
  const good = result.exitCode === 0;
  if (!good) failed += 1;
  process.stdout.write(`${good ? 'good' : 'FAILED'}: ${command} ${args.join(' ')}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
