// Hard days of an instance with the real services: no network, processes killed in turn, a full
// disk during an update, an update while points arrive.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { SupervisorStatus } from '../../bundle/supervisor/protocol.ts';
import { fetchSeries } from '../../bundle/whisper/index.ts';
import { processesIn, until } from '../supervisor/instance-for-tests.ts';
import { freeBasePort } from './free-base-port.ts';
import { type Answer, type KitForTests, makeKit, rootFlag, run } from './kit-for-tests.ts';

const isRoot = rootFlag.length > 0;
const missing = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status !== 0;

let kit: KitForTests;
before(async () => {
  kit = await makeKit({ realServices: true });
});
after(() => kit.remove());

async function install(home: string, ...words: string[]): Promise<number> {
  const port = await freeBasePort();
  const { code, stderr } = await run(join(kit.root, 'installer'), [
    '-d',
    home,
    '-p',
    String(port),
    ...words,
    ...rootFlag,
  ]);
  assert.equal(code, 0, stderr);
  return port;
}
const dkm = (home: string, ...words: string[]): Promise<Answer> =>
  run(join(home, 'bin/dkm'), words);
const statusOf = async (home: string): Promise<SupervisorStatus> =>
  JSON.parse((await dkm(home, 'status', '--json')).stdout) as SupervisorStatus;
const allReady = async (home: string): Promise<boolean> => (await dkm(home, 'status')).code === 0;

describe('as an ordinary user on a machine without a network', {
  skip: !isRoot || missing('strace') ? 'needs root, to make such a machine, and strace' : false,
}, () => {
  test('installs, starts, answers, stops; nothing tries to reach the outside', async () => {
    const userId = 12345;
    const home = `${kit.place}-offline`;
    mkdirSync(home);
    chownSync(home, userId, userId);
    const script = `ip link set lo up 2>/dev/null
      cd / && setpriv --reuid=${userId} --regid=${userId} --clear-groups strace -f -q -e trace=connect,sendto -o ${home}.trace sh -c '
      ${kit.root}/installer -d ${home} -p 27600 -t all && ${home}/bin/dkm start && ${home}/bin/dkmadmin doctor; ${home}/bin/dkm stop'`;
    writeFileSync(`${home}.trace`, '');
    chownSync(`${home}.trace`, userId, userId);
    const { code, stdout, stderr } = await run('unshare', ['-n', 'sh', '-c', script]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /grafana is ready/);
    assert.match(stdout, /plaintext tcp.*came back/, stderr);
    const outside = readFileSync(`${home}.trace`, 'utf8')
      .split('\n')
      .filter(
        (line) => /AF_INET/.test(line) && !/"127\.|"::1"|"0\.0\.0\.0"|inet_addr\("127/.test(line),
      );
    assert.deepEqual(outside, []);
  });
});

describe('every process killed in turn', () => {
  const home = (): string => `${kit.place}-killed`;
  before(async () => {
    await install(home(), '-t', 'all');
    assert.equal((await dkm(home(), 'start')).code, 0);
  });
  after(() => dkm(home(), 'stop'));

  for (const name of ['carbon', 'carbonapi', 'agent', 'grafana']) {
    test(`${name} comes back, the others go on`, async () => {
      const before = await statusOf(home());
      const pidOf = (status: SupervisorStatus): Record<string, number> =>
        Object.fromEntries(status.services.map((service) => [service.name, service.pid]));
      process.kill(pidOf(before)[name] ?? 0, 'SIGKILL');
      await until(`${name} is back`, async () => {
        const now = await statusOf(home());
        return pidOf(now)[name] !== pidOf(before)[name] && (await allReady(home()));
      });
      const { [name]: _old, ...othersBefore } = pidOf(before);
      const { [name]: _new, ...othersAfter } = pidOf(await statusOf(home()));
      assert.deepEqual(othersAfter, othersBefore);
    });
  }

  test('the supervisor: the next start takes over', async () => {
    process.kill((await statusOf(home())).pid, 'SIGKILL');
    assert.equal((await dkm(home(), 'start')).code, 0);
    assert.equal(processesIn(home()).length, 5);
  });
});

/** Runs `work` in a directory on a small disk of its own. */
async function onSmallDisk(
  t: TestContext,
  work: (directory: string) => Promise<void>,
): Promise<void> {
  const disk = `${kit.place}-disk`;
  mkdirSync(disk);
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]);
  if (mounted.code !== 0) return t.skip(`cannot mount: ${mounted.stderr}`);
  try {
    await work(disk);
  } finally {
    await dkm(join(disk, 'data'), 'stop');
    // Lazily: something on the machine may be looking into it just now.
    await run('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  }
}
const skipDisk = !isRoot && 'needs root to mount';

test('a full disk during an update: the instance is as it was', { skip: skipDisk }, (t) =>
  onSmallDisk(t, async (disk) => {
    const home = join(disk, 'data');
    await install(home, '-t', 'backend');
    const next = `${kit.root}-next`;
    cpSync(kit.root, next, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(next, 'VERSION'), '9.0.0\n');
    writeFileSync(join(next, 'lib/ballast'), Buffer.alloc(90 * 2 ** 20));
    for (let i = 0; i < 2; i++) {
      const { code, stderr } = await run(join(next, 'installer'), ['-u', '-d', home, ...rootFlag]);
      assert.notEqual(code, 0);
      assert.match(stderr, /data has \d+ MB free, an update needs \d+ MB/);
    }
    const refused = await run(join(home, 'bin/dkmadmin'), ['update', '--from', next]);
    assert.match(refused.stderr, /MB free/);
    rmSync(next, { recursive: true });
    assert.equal((await dkm(home, 'start')).code, 0);
  }),
);

test(
  'a full disk while it runs: the supervisor lives, everything is back with the space',
  { skip: skipDisk },
  (t) =>
    onSmallDisk(t, async (disk) => {
      const home = join(disk, 'data');
      await install(home, '-t', 'backend');
      assert.equal((await dkm(home, 'start')).code, 0);
      const before = await statusOf(home);
      const ballast = join(disk, 'ballast');
      await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']);
      const carbonapi = before.services.find(({ name }) => name === 'carbonapi');
      process.kill(carbonapi?.pid ?? 0, 'SIGKILL');
      await until('it was started again', async () =>
        (await statusOf(home)).services.some(
          ({ name, restarts }) => name === 'carbonapi' && restarts > 0,
        ),
      );
      rmSync(ballast);
      await until('everything is ready', () => allReady(home));
      const after = await statusOf(home);
      assert.equal(after.pid, before.pid);
      assert.equal(after.services[0]?.pid, before.services[0]?.pid);
    }),
);

test('an update while an agent sends: no point is missing', async () => {
  const server = `${kit.place}-server`;
  const agent = `${kit.place}-agent`;
  const port = await install(server, '-t', 'backend');
  writeFileSync(
    join(server, 'conf/storage-schemas.conf'),
    '[all]\npattern = .*\nretentions = 1s:1h\n',
  );
  await install(
    agent,
    '-t',
    'agent',
    '--carbon-server',
    `127.0.0.1:${port}`,
    '--hostname',
    'sender',
  );
  const conf = readFileSync(join(agent, 'conf/agent.yml'), 'utf8');
  writeFileSync(join(agent, 'conf/agent.yml'), conf.replace(/^interval: 10$/m, 'interval: 1'));
  const next = `${kit.root}-loaded`;
  cpSync(kit.root, next, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(next, 'VERSION'), '9.0.0\n');
  try {
    for (const home of [server, agent]) assert.equal((await dkm(home, 'start')).code, 0);
    const file = join(server, 'storage/whisper/collectd/sender/load/load/relative/shortterm.wsp');
    await until(
      'the first point is stored',
      () => statSync(file, { throwIfNoEntry: false }) !== undefined,
    );
    const from = Math.floor(Date.now() / 1000) + 1;
    await delay(2000);
    const updated = await run(join(server, 'bin/dkmadmin'), [
      'update',
      '--from',
      next,
      '--watch',
      '3',
    ]);
    assert.equal(updated.code, 0, updated.stderr);
    const till = Math.floor(Date.now() / 1000);
    const known = (): number[] => {
      const series = fetchSeries(file, from, till, Math.floor(Date.now() / 1000));
      return [...(series?.values ?? [])].flatMap((value, i) => (Number.isNaN(value) ? [i] : []));
    };
    await until('every second has its point', () => known().length === 0);
  } finally {
    for (const home of [server, agent]) await dkm(home, 'stop');
    rmSync(next, { recursive: true, force: true });
  }
});
