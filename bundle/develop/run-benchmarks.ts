// `npm run bench`: every test/bench/*.bench.ts, one process each; arguments narrow the files
// (`npm run bench -- whisper`). Each checks its own result before it measures.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { projectRoot } from './project.ts';

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith('-'));
const flags = args.filter((arg) => arg.startsWith('-'));
const files = globSync('test/bench/**/*.bench.ts', { cwd: projectRoot })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

if (files.length === 0) {
  process.stderr.write(`no benchmark matches ${wanted.join(' ')}\n`);
  process.exitCode = 2;
}
for (const file of files) {
  process.stdout.write(`\n# ${file}\n`);
  const { exitCode } = await execa(
    process.execPath,
    ['--expose-gc', join(projectRoot, file), ...flags],
    {
      stdio: 'inherit',
      reject: false,
    },
  );
  if (exitCode !== 0) process.exitCode = 1;
}
