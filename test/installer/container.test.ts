// dkm supervise as the first process of a process namespace, as in a container.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { processesIn, until } from '../supervisor/instance-for-tests.ts';
import { freeBasePort } from './free-base-port.ts';
import { type KitForTests, makeKit, rootFlag, run } from './kit-for-tests.ts';

const trial = spawnSync('unshare', ['-p', '--fork', '--mount-proc', 'true']);
const skip = trial.status === 0 ? false : 'process namespaces are not allowed here';

let kit: KitForTests;
let home: string;
let container: ChildProcess;

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
const stateOf = (pid: number): string =>
  /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

describe('as the first process', { skip }, () => {
  before(async () => {
    kit = await makeKit();
    home = kit.place;
    const words = ['-d', home, '-p', String(await freeBasePort()), '-t', 'backend', ...rootFlag];
    assert.equal((await run(join(kit.root, 'installer'), words)).code, 0);
    container = spawn(
      'unshare',
      ['-p', '--fork', '--mount-proc', join(home, 'bin/dkm'), 'supervise'],
      {
        stdio: 'ignore',
      },
    );
    await until(
      'the services are ready',
      async () => (await run(join(home, 'bin/dkm'), ['status'])).code === 0,
    );
  });
  after(() => {
    container?.kill('SIGKILL');
    kit?.remove();
  });

  test('orphans are reaped', async () => {
    const [first = 0] = childrenOf(container.pid ?? 0);
    const enter = ['-t', String(first), '-p', 'sh', '-c', '(sleep 0.05 &) ; (sleep 0.05 &)'];
    assert.equal((await run('nsenter', enter)).code, 0);
    const zombies = (): number[] => childrenOf(first).filter((pid) => stateOf(pid) === 'Z');
    await until('the orphans have ended', () => childrenOf(first).length === 1);
    assert.deepEqual(zombies(), []);
  });

  test('SIGTERM ends everything, with code 0', async () => {
    const [first = 0] = childrenOf(container.pid ?? 0);
    const ended = new Promise<number | null>((resolve) => container.once('exit', resolve));
    process.kill(first, 'SIGTERM');
    assert.equal(await ended, 0);
    assert.deepEqual(processesIn(home), []);
    assert.match(readFileSync(join(home, 'run/carbon.log'), 'utf8'), /drained/);
    assert.ok(!readdirSync(join(home, 'run/control')).includes('dkm.sock'));
  });
});
