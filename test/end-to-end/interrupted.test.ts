// The installer killed with -9 at random moments, and on a full disk: what is there afterwards is either
// the old or the new, and running it again gives a good instance.
// DKM_LONG=1: 20 kills of an installation and 10 of an update instead of 5 and 4.
// DKM_SEED=N repeats the moments of an earlier run.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { execa } from 'execa';
import { type Installed, install, instanceIn } from './installed.ts';
import {
  freeBasePort,
  type RunResult,
  type Sandbox,
  unlessRootWith,
  unpackedKit,
} from './instance.ts';
import { kitOfVersion, replaceFile } from './new-kit.ts';

const isLong = process.env['DKM_LONG'] === '1';
const seed = Number(process.env['DKM_SEED'] ?? Math.floor(Math.random() * 1e9));

/** Numbers from 0 to 1 that the seed decides (a linear congruential generator). */
function randomNumbers(): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const shipped = '# new in 2.0.0\n';

let sandbox: Sandbox;
let next: string;
before(async () => {
  sandbox = await unpackedKit();
  next = kitOfVersion(sandbox, '2.0.0', (root) => {
    const template = 'templates/conf/carbon.yml.hbs';
    replaceFile(root, template, `${shipped}${readFileSync(join(root, template), 'utf8')}`);
  });
});
after(() => sandbox.remove());

const ordinaryUser = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** Runs a program and kills it and its children after some milliseconds, unless it has ended before. */
function killed(program: string, words: readonly string[], milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(program, words, {
      ...ordinaryUser,
      stdio: 'ignore',
      detached: true,
      env: { PATH: process.env['PATH'], HOME: sandbox.directory },
    });
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), milliseconds);
    child.once('exit', (_, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}

const run = (kit: string, ...words: string[]): Promise<RunResult> =>
  sandbox.run(join(kit, 'installer'), words);
async function well(kit: string, ...words: string[]): Promise<number> {
  const begun = performance.now();
  const { exitCode, stdout, stderr } = await run(kit, ...words);
  assert.equal(exitCode, 0, `${words.join(' ')}\n${stdout}\n${stderr}`);
  return performance.now() - begun;
}
const leftovers = (home: string): string[] =>
  readdirSync(home).filter((name) => name.startsWith('.install'));
async function runs(instance: Installed): Promise<void> {
  await instance.start();
  assert.ok((await instance.services()).every(({ state }) => state === 'ready'));
  await instance.stop();
}

test('an installation, killed and run again', async () => {
  const random = randomNumbers();
  const base = await freeBasePort();
  const usual = ['-p', String(base), '-t', 'backend', '--hostname', 'web1.example.org'];
  const takes = await well(sandbox.kit, '-d', join(sandbox.directory, 'first'), ...usual);
  const count = isLong ? 20 : 5;
  let inTime = 0;
  for (let i = 0; i < count; i++) {
    const home = join(sandbox.directory, `killed-${i}`);
    // The first third is the start of the runtime, where nothing is written yet.
    const at = takes * (0.3 + 0.8 * random());
    inTime += Number(await killed(join(sandbox.kit, 'installer'), ['-d', home, ...usual], at));
    const complete = existsSync(join(home, 'conf/instance.json'));
    if (complete) await well(sandbox.kit, '-u', '-d', home);
    else await well(sandbox.kit, '-d', home, ...usual);
    assert.deepEqual(leftovers(home), [], `seed ${seed}`);
    await runs(instanceIn(sandbox, home, base));
    rmSync(home, { recursive: true });
  }
  console.log(`seed ${seed}: ${inTime} of ${count} killed within ${takes.toFixed(0)} ms`);
});

test('an update, killed and run again: conf stays as it is to the byte', async () => {
  const random = randomNumbers();
  const instance = await install(sandbox, join(sandbox.directory, 'updated'), '-t', 'backend');
  const { home } = instance;
  const conf = join(home, 'conf');
  for (const name of readdirSync(conf, { recursive: true })) {
    const path = join(conf, String(name));
    if (statSync(path).isFile()) appendFileSync(path, '\n');
  }
  const copy = join(sandbox.directory, 'conf-before');
  assert.equal((await sandbox.run('cp', ['-a', conf, copy])).exitCode, 0);
  await well(next, '-u', '-d', home);
  const takes = await well(sandbox.kit, '-u', '-d', home, '--force');
  const count = isLong ? 10 : 4;
  let inTime = 0;
  for (let i = 0; i < count; i++) {
    // To and fro, so that each of them has something to do.
    const kit = i % 2 === 0 ? next : sandbox.kit;
    const at = takes * (0.3 + 0.7 * random());
    inTime += Number(await killed(join(kit, 'installer'), ['-u', '-d', home, '--force'], at));
    const difference = await sandbox.run('diff', ['-r', copy, conf]);
    assert.deepEqual(difference, { exitCode: 0, stdout: '', stderr: '' }, `seed ${seed}`);
    await well(kit, '-u', '-d', home, '--force');
    assert.deepEqual(leftovers(home), [], `seed ${seed}`);
    await runs(instance);
  }
  console.log(`seed ${seed}: ${inTime} of ${count} killed within ${takes.toFixed(0)} ms`);
});

test('dkmadmin update, killed and run again: what was edited stays, what is new arrives', async () => {
  const random = randomNumbers();
  const instance = await install(sandbox, join(sandbox.directory, 'merged'), '-t', 'backend');
  const { home } = instance;
  const conf = join(home, 'conf/carbon.yml');
  const edit = '# edited by hand\n';
  appendFileSync(conf, edit);
  const update = (kit: string): string[] => ['update', '--from', kit, '--force'];
  const begun = performance.now();
  const first = await instance.dkmadmin(...update(next));
  assert.equal(first.exitCode, 0, first.stdout + first.stderr);
  const takes = performance.now() - begun;
  const count = isLong ? 10 : 4;
  let inTime = 0;
  for (let i = 0; i < count; i++) {
    const kit = i % 2 === 0 ? sandbox.kit : next;
    const at = takes * (0.3 + 0.7 * random());
    inTime += Number(await killed(join(home, 'bin/dkmadmin'), update(kit), at));
    const again = await instance.dkmadmin(...update(kit));
    assert.equal(again.exitCode, 0, `seed ${seed}: ${again.stdout}${again.stderr}`);
    const text = readFileSync(conf, 'utf8');
    assert.ok(text.endsWith(edit), `seed ${seed}`);
    assert.equal(text.startsWith(shipped), kit === next, `seed ${seed}`);
    assert.deepEqual(leftovers(home), [], `seed ${seed}`);
    await runs(instance);
  }
  console.log(`seed ${seed}: ${inTime} of ${count} killed within ${takes.toFixed(0)} ms`);
});

describe('a full disk', { skip: unlessRootWith('mount', 'umount') }, () => {
  let disk: string;
  before(() => {
    disk = join(sandbox.directory, 'disk');
    mkdirSync(disk);
  });

  async function mounted(limits: string, use: () => Promise<void>): Promise<void> {
    await execa('mount', ['-t', 'tmpfs', '-o', limits, 'tmpfs', disk]);
    chownSync(disk, 65534, 65534);
    try {
      await use();
    } finally {
      await execa('umount', [disk]);
    }
  }
  const told = (home: string): RegExp =>
    new RegExp(`${home.split('/').at(-1)}.* \\d+ MB .*\\d+ MB`);

  test('for an installation: nothing is written, directory and space are named', async () => {
    await mounted('size=60m', async () => {
      const home = join(disk, 'data');
      const base = String(await freeBasePort());
      const { exitCode, stderr } = await run(sandbox.kit, '-d', home, '-p', base);
      assert.equal(exitCode, 69, stderr);
      assert.match(stderr, told(home));
      assert.deepEqual(readdirSync(disk), []);
    });
  });

  test('for an update, by either way: the old version still starts', async () => {
    await mounted('size=210m', async () => {
      const instance = await install(sandbox, join(disk, 'data'), '-t', 'backend');
      const { home } = instance;
      const before = readdirSync(home, { recursive: true }).map(String).sort();
      for (const { exitCode, stderr } of [
        await run(next, '-u', '-d', home),
        await instance.dkmadmin('update', '--from', next),
      ]) {
        assert.equal(exitCode, 69, stderr);
        assert.match(stderr, told(home));
      }
      assert.deepEqual(readdirSync(home, { recursive: true }).map(String).sort(), before);
      await runs(instance);
    });
  });

  // The check counts bytes; a file system may also run out of room for files.
  test('found only while writing: everything is as it was', async () => {
    const base = String(await freeBasePort());
    const files = readdirSync(sandbox.kit, { recursive: true }).length;
    const full = async (kit: string, ...words: string[]): Promise<void> => {
      const { exitCode, stderr } = await run(kit, ...words);
      assert.equal(exitCode, 69, stderr);
      assert.match(stderr, /no space left/);
      assert.ok(!/\n\s+at /.test(stderr), stderr);
    };
    await mounted(`size=600m,nr_inodes=${Math.floor(files / 2)}`, async () => {
      await full(sandbox.kit, '-d', join(disk, 'data'), '-p', base, '-t', 'backend');
      assert.deepEqual(readdirSync(disk), []);
    });
    await mounted(`size=600m,nr_inodes=${Math.floor(files * 1.5) + 150}`, async () => {
      const instance = await install(sandbox, join(disk, 'data'), '-t', 'backend');
      const before = readdirSync(instance.home, { recursive: true }).map(String).sort();
      await full(next, '-u', '-d', instance.home);
      const updated = await instance.dkmadmin('update', '--from', next);
      assert.notEqual(updated.exitCode, 0);
      assert.match(updated.stderr, /no space left/);
      const after = readdirSync(instance.home, { recursive: true }).map(String).sort();
      const isNew = (path: string): boolean => !before.includes(path);
      assert.deepEqual(
        after.filter((path) => isNew(path) && !path.startsWith('kits/snapshots')),
        [],
      );
      assert.deepEqual(
        before.filter((path) => !after.includes(path)),
        [],
      );
      await runs(instance);
    });
  });
});
