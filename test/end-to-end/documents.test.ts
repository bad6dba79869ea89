// Every shell command in README.md is run: those for a target on a real instance in the sandbox, npm's
// as far as they are not this very test run. Inline commands of the text are checked to exist.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test, { after, before } from 'node:test';
import { projectRoot } from '../../bundle/develop/project.ts';
import { freeBasePort, type Sandbox, tarball, unpackedKit } from './instance.ts';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
const defaultBase = 27600;

/** Commands of the ```sh blocks, comments removed. */
const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) =>
  (text ?? '')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== ''),
);
const [installBlock, developBlock, dailyBlock] = blocks;

let sandbox: Sandbox;
let base: number;

before(async () => {
  sandbox = await unpackedKit();
  base = await freeBasePort();
});

after(async () => {
  await sandbox.run(join(sandbox.directory, 'monitor/bin/dkm'), ['stop']);
  sandbox.remove();
});

/** Runs a line of the README as the user would, with this test's port for the usual one. */
async function runLine(line: string, directory: string): Promise<string> {
  const text = line.replace(/\b276(\d\d)\b/g, (_, last: string) =>
    String(base + Number(`276${last}`) - defaultBase),
  );
  const result = await sandbox.run('/bin/sh', ['-c', text], { cwd: directory });
  assert.equal(result.exitCode, 0, `${text}\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

test('the three lines of Install', async () => {
  const archive = await tarball();
  const directory = join(sandbox.directory, 'fresh');
  await sandbox.run('/bin/sh', ['-c', 'mkdir fresh && chmod a+rwx fresh']);
  copyFileSync(archive, join(directory, 'dkumonitor-1.0.0-linux-x64.tar.gz'));
  assert.equal(installBlock?.length, 3);
  for (const line of installBlock ?? []) await runLine(line, directory);
  const password = /the password in `~\/(\S+)`/.exec(readme)?.[1] ?? '';
  assert.ok(existsSync(join(sandbox.directory, password)), password);
});

const missingTools = ['nc', 'curl'].filter(
  (tool) => !existsSync(join('/usr/bin', tool)) && !existsSync(join('/bin', tool)),
);
const skip = missingTools.length > 0 ? `${missingTools.join(' and ')} not installed` : false;

test('a point sent and read back as the text says', { skip }, async () => {
  const [, send, read] = /`(echo [^`]+)`[\s\S]*?`(curl [^`]+)`/.exec(readme) ?? [];
  await runLine(`${send} -N`, sandbox.directory);
  assert.match(await runLine(read ?? '', sandbox.directory), /"target":"test\.value"[\s\S]*\[42,/);
});

test('the commands of every day', async () => {
  const instance = join(sandbox.directory, 'monitor');
  mkdirSync(join(sandbox.directory, 'unused'), { recursive: true });
  for (const line of dailyBlock ?? []) {
    const command = line
      .replace('METRIC', 'test.value')
      .replace('DIR', '"$HOME/backup"')
      .replace(/^sudo (.*install-boot)$/, '$1 --dry-run --init systemd');
    await runLine(command, instance);
  }
});

test('npm’s commands exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const texts = [readme, readFileSync(join(projectRoot, 'CONTRIBUTING.md'), 'utf8')];
  assert.deepEqual(developBlock, ['npm start', 'npm test']);
  for (const [, run, name = ''] of texts.join('\n').matchAll(/\bnpm (run )?([a-z-]+)/g)) {
    if (run !== undefined || ['start', 'stop', 'test'].includes(name))
      assert.ok(name in scripts, name);
  }
});

test('dkm and dkmadmin know every command the documents name', async () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'installer/README.md',
    'bundle/carbon/README.md',
    'bundle/supervisor/README.md',
    'bundle/agent/README.md',
    'bundle/packaging/container/README.md',
  ]
    .filter((file) => existsSync(join(projectRoot, file)))
    .map((file) => readFileSync(join(projectRoot, file), 'utf8'))
    .join('\n');
  const code = [...documents.matchAll(/```\w*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
    ([, block, inline]) => block ?? inline ?? '',
  );
  const named = new Set(
    code.flatMap((text) =>
      [...text.matchAll(/(?:^|[\s/])(dkm|dkmadmin) ([a-z][a-z-]+)/g)].map(
        ([, program, command]) => `${program} ${command}`,
      ),
    ),
  );
  assert.ok(named.size > 5, [...named].join(', '));
  for (const text of named) {
    const [program = '', command = ''] = text.split(' ');
    const { exitCode, stderr } = await sandbox.run(
      join(sandbox.directory, 'monitor/bin', basename(program)),
      [command, '--help'],
    );
    assert.equal(exitCode, 0, `${text}: ${stderr}`);
  }
});
