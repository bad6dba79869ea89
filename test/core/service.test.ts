// The life of a service process, seen from outside: options, exit codes, readiness, signals.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ServiceState } from '../../bundle/core/service-state.ts';

const program = fileURLToPath(new URL('fixtures/sample-service.ts', import.meta.url));

function instance(t: TestContext, config: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-service-'));
  mkdirSync(join(directory, 'conf'));
  writeFileSync(join(directory, 'conf/sample.yml'), config);
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const runOnce = (cwd: string, ...args: string[]) =>
  spawnSync(process.execPath, [program, ...args], { cwd, encoding: 'utf8' });

test('options that print and exit', (t) => {
  const cwd = instance(t, 'fail: false\n');
  assert.match(runOnce(cwd, '--help').stdout, /Usage: sample[\s\S]*Examples:/);
  assert.match(runOnce(cwd, '--version').stdout, /^\d+\.\d+\.\d+/);
  assert.match(runOnce(cwd, '--print-default-config').stdout, /# Refuses to start\.\nfail: false/);
  assert.equal(runOnce(cwd, '--check-config').stdout, 'conf/sample.yml: good\n');
  const wrong = runOnce(cwd, '--chek-config');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /did you mean "--check-config"/);
});

test('what the user can mend is one line and an exit code, without a stack', (t) => {
  const failed = runOnce(instance(t, 'fail: true\n'));
  assert.deepEqual([failed.status, failed.stderr], [69, 'sample was told to fail\n']);
  const broken = runOnce(instance(t, 'fial: true\n'));
  assert.deepEqual(
    [broken.status, broken.stderr],
    [78, 'conf/sample.yml:1: unknown key "fial" (did you mean "fail"?)\n'],
  );
  assert.equal(runOnce(instance(t, ''), '--config', 'conf/none.yml').status, 78);
});

test('says that it is ready, reloads on SIGHUP, keeps running on a bad file, stops on SIGTERM', async (t) => {
  const cwd = instance(t, '');
  const child = spawn(process.execPath, [program], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const lines = child.stdout.setEncoding('utf8');
  const seen = async (pattern: RegExp): Promise<void> => {
    let text = '';
    while (!pattern.test(text)) text += ((await once(lines, 'data')) as [string])[0];
  };
  await seen(/ready/);
  const state = JSON.parse(
    readFileSync(join(cwd, 'run/sample.state.json'), 'utf8'),
  ) as ServiceState;
  assert.deepEqual([state.pid, state.ready], [child.pid, true]);
  writeFileSync(join(cwd, 'conf/sample.yml'), 'fail: maybe\n');
  child.kill('SIGHUP');
  await seen(/reload refused/);
  writeFileSync(join(cwd, 'conf/sample.yml'), 'fail: true\n');
  child.kill('SIGHUP');
  await seen(/reloaded fail=true/);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.equal(existsSync(join(cwd, 'run/sample.state.json')), false);
});
