// `npm test`: every test file, each in a process of its own; afterwards what was skipped and why.
// Arguments narrow the files: `npm test -- whisper carbon/cache`.
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { execa } from 'execa';
import { hostPlatform, kitName, projectRoot } from './project.ts';

const fileTimeoutMs = 10 * 60_000;

const wanted = process.argv.slice(2);
const files = globSync('test/**/*.test.ts', { cwd: projectRoot })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()
  .map((file) => join(projectRoot, file));
if (files.length === 0) {
  process.stderr.write(`no test file matches ${wanted.join(' ')}\n`);
  process.exit(2);
}

// The end-to-end tests install from one tarball, built once.
const needsTarball = files.some((file) => /\/end-to-end\/(?!conformance)/.test(file));
if (needsTarball && process.env['DKM_TARBALL'] === undefined) {
  await execa(process.execPath, [join(projectRoot, 'bundle/packaging/main.ts')], {
    stdio: 'inherit',
  });
  process.env['DKM_TARBALL'] = join(projectRoot, 'dist', `${kitName}-${hostPlatform}.tar.gz`);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];

const stream = run({
  files,
  concurrency: availableParallelism(),
  timeout: fileTimeoutMs,
  cwd: projectRoot,
});
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite') return;
  if (event.skip !== undefined && event.skip !== false) {
    counts.skipped += 1;
    const reason = typeof event.skip === 'string' ? event.skip : 'no reason given';
    skipped.push(`${relative(projectRoot, event.file ?? '')}: ${event.name}: ${reason}`);
  } else counts.passed += 1;
});
stream.on('test:fail', (event) => {
  if (event.details.type !== 'suite') counts.failed += 1;
  process.exitCode = 1;
});
stream.compose(spec()).pipe(process.stdout);
stream.on('end', () => {
  setImmediate(() => {
    if (skipped.length > 0) {
      process.stdout.write(`\nSkipped:\n${skipped.map((line) => `  ${line}\n`).join('')}`);
    }
    process.stdout.write(
      `\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
    );
    if (counts.passed === 0) process.exitCode = 1;
  });
});
