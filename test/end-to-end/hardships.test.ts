// Hard circumstances for an instance from the real tarball: strange paths, neighbours, processes killed
// in turn, directories moved or closed.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Installed, install, instanceIn, sendAndRead } from './installed.ts';
import {
  eventually,
  freeBasePort,
  processesWith,
  render,
  type Sandbox,
  unpackedKit,
} from './instance.ts';
import { senderRule, startSender } from './sender.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await unpackedKit();
});
after(() => sandbox.remove());

const withRule = (instance: Installed): void => {
  const rules = join(instance.home, 'conf/storage-schemas.conf');
  writeFileSync(rules, senderRule + readFileSync(rules, 'utf8'));
};

test('a path of more than 200 characters with spaces and UTF-8, beside a neighbour', async () => {
  const name = `données de l’été 監視 ${'x'.repeat(60)}`;
  const far = await install(sandbox, join(sandbox.directory, name), '-t', 'all');
  assert.ok(far.home.length > 200, `${far.home.length}`);
  const near = await install(sandbox, join(sandbox.directory, 'near'), '-t', 'all');
  try {
    await Promise.all([far.start(), near.start()]);
    await sendAndRead(far, 'only.far', 1);
    await sendAndRead(near, 'only.near', 2);
    assert.deepEqual(await render(near.port('carbonapi'), 'only.far'), []);
    assert.deepEqual(await render(far.port('carbonapi'), 'only.near'), []);
    const pids = async (instance: Installed): Promise<number[]> =>
      (await instance.services()).map(({ pid }) => pid);
    const [ofFar, ofNear] = [await pids(far), await pids(near)];
    assert.equal(new Set([...ofFar, ...ofNear]).size, 8);
    await far.stop();
    await eventually(
      'the end of all',
      10_000,
      () => processesWith(far.home).length === 0 || undefined,
    );
    assert.deepEqual(await pids(near), ofNear, 'the neighbour goes on');
    await sendAndRead(near, 'only.near', 3);
  } finally {
    await far.dkm('stop');
    await near.dkm('stop');
  }
});

describe('kill -9 of every process in turn', () => {
  let instance: Installed;
  before(async () => {
    instance = await install(sandbox, join(sandbox.directory, 'killed'), '-t', 'all');
    withRule(instance);
    await instance.start();
  });
  after(() => instance.dkm('stop'));

  const pidsByName = async (): Promise<Record<string, number>> =>
    Object.fromEntries((await instance.services()).map(({ name, pid }) => [name, pid]));
  const processes = (): number =>
    processesWith(instance.home).filter((line) => !/bin\/dkm|lib\/dkm\.js/.test(line)).length;

  for (const name of ['carbon', 'carbonapi', 'agent', 'grafana']) {
    test(`${name} comes back with what it had, the others go on`, async () => {
      const before = await pidsByName();
      const sender = startSender(instance.port('plaintext'));
      // Longer than carbon's journal waits before it writes.
      await delay(1500);
      process.kill(before[name] ?? 0, 'SIGKILL');
      const killedAt = sender.next();
      await eventually(`${name} is back`, 60_000, async () => {
        const ready = (await instance.services()).every(({ state }) => state === 'ready');
        return ready && (await pidsByName())[name] !== before[name] ? true : undefined;
      });
      const now = await pidsByName();
      assert.deepEqual({ ...now, [name]: 0 }, { ...before, [name]: 0 });
      assert.equal(processes(), 5);
      const sent = await sender.stop();
      const missing = await sender.missing(instance);
      console.log(`${name} killed: ${missing.length} of ${sent} points are missing`);
      // What came in the second before, journalled at most so late, may be gone with carbon.
      const allowed = name === 'carbon' ? 250 : 0;
      assert.ok(missing.length <= allowed, `${missing.length} missing`);
      assert.ok(missing.every((value) => value > killedAt - 250 && value < killedAt + 50));
    });
  }

  test('the supervisor: the services go on, the next start takes over, none runs twice', async () => {
    const before = await pidsByName();
    const { pid } = JSON.parse((await instance.dkm('status', '--json')).stdout) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await eventually('its end', 10_000, async () =>
      (await instance.dkm('status')).exitCode === 3 ? true : undefined,
    );
    await sendAndRead(instance, 'without.supervisor', 1);
    const sender = startSender(instance.port('plaintext'));
    await instance.start();
    assert.equal(processes(), 5);
    assert.notDeepEqual(await pidsByName(), before);
    await sender.stop();
    assert.deepEqual(await sender.missing(instance), []);
  });

  test('dkm stop after the supervisor was killed leaves nothing', async () => {
    const { pid } = JSON.parse((await instance.dkm('status', '--json')).stdout) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await instance.stop();
    await eventually('no process', 10_000, () => processes() === 0 || undefined);
  });
});

test('the kit deleted, the instance moved: it starts and has its points', async () => {
  assert.equal((await sandbox.run('cp', ['-al', sandbox.kit, `${sandbox.kit}-own`])).exitCode, 0);
  const kit = `${sandbox.kit}-own`;
  const instance = await install(
    { ...sandbox, kit },
    join(sandbox.directory, 'here'),
    '-t',
    'backend',
  );
  rmSync(kit, { recursive: true });
  await instance.start();
  await sendAndRead(instance, 'before.the.move', 7);
  await instance.stop();
  const moved = instanceIn(sandbox, join(sandbox.directory, 'moved to there'), instance.base);
  renameSync(instance.home, moved.home);
  await moved.start();
  await eventually('the old point', 20_000, async () =>
    (await render(moved.port('carbonapi'), 'before.the.move')).length > 0 ? true : undefined,
  );
  await sendAndRead(moved, 'before.the.move', 8);
  await moved.stop();
  assert.equal(existsSync(instance.home), false);
});

test('a host without a full name: a warning, and the short one', async () => {
  const wrong = join(sandbox.directory, 'wrong-tools');
  mkdirSync(wrong);
  writeFileSync(
    join(wrong, 'hostname'),
    '#!/bin/sh\necho "hostname: Name or service not known" >&2\nexit 1\n',
  );
  chmodSync(join(wrong, 'hostname'), 0o755);
  const home = join(sandbox.directory, 'nameless');
  const words = ['-d', home, '-p', String(await freeBasePort()), '-t', 'backend-agent'];
  const { exitCode, stderr } = await sandbox.run(join(sandbox.kit, 'installer'), words, {
    firstInPath: wrong,
  });
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, /hostname -f gives no usable name.*--hostname/);
});

describe('directories that are closed', () => {
  test('for a new instance: named, nothing is written', async () => {
    const closed = join(sandbox.directory, 'closed');
    const home = join(closed, 'deep', 'er');
    assert.equal((await sandbox.run('mkdir', ['-p', join(closed, 'deep')])).exitCode, 0);
    chmodSync(closed, 0o000);
    const { exitCode, stderr } = await sandbox.run(join(sandbox.kit, 'installer'), [
      '-d',
      home,
      '-p',
      String(await freeBasePort()),
    ]);
    chmodSync(closed, 0o700);
    assert.equal(exitCode, 69, stderr);
    assert.match(stderr, /closed.* is not writable/);
    assert.ok(!/\n\s+at /.test(stderr), 'no stack trace');
    assert.equal(existsSync(home), false);
  });

  test('inside the storage: carbon runs, the doctor names it', async () => {
    const instance = await install(sandbox, join(sandbox.directory, 'locked'), '-t', 'backend');
    const inside = join(instance.home, 'storage/whisper/deep');
    assert.equal((await sandbox.run('mkdir', ['-p', join(inside, 'er')])).exitCode, 0);
    chmodSync(inside, 0o000);
    try {
      await instance.start();
      await sendAndRead(instance, 'beside.it', 5);
      const { exitCode, stdout } = await instance.dkmadmin('doctor');
      assert.equal(exitCode, 1, stdout);
      assert.match(stdout, /PROBLEM.*storage\/whisper\/deep/);
    } finally {
      chmodSync(inside, 0o700);
      await instance.dkm('stop');
    }
  });
});
