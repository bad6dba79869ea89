// A real systemd boots in a namespace over a copy-on-write root and starts an instance.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../supervisor/instance-for-tests.ts';
import { freeBasePort } from './free-base-port.ts';
import { type Answer, type KitForTests, makeKit, run } from './kit-for-tests.ts';

// An account every system has; the services run as it.
const user = 'daemon';
const userId = 1;

// The machine's /tmp is another one inside.
const parent = '/var/tmp';

const bootScript = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
for unit in systemd-udevd systemd-udev-trigger systemd-sysctl systemd-modules-load systemd-binfmt; do
  ln -sf /dev/null "etc/systemd/system/$unit.service"
done
exec chroot . /usr/bin/env -i container=unshare PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=basic.target
`;

const namespaces = ['-p', '-m', '-u', '-i', '-C'];

function whyNot(): string | false {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'needs root on Linux';
  if (!existsSync('/lib/systemd/systemd')) return 'needs systemd';
  const trial = spawnSync('unshare', [...namespaces, '--fork', 'mount', '--make-rprivate', '/']);
  return trial.status === 0 ? false : 'namespaces are not allowed here';
}

const skip = whyNot();
let kit: KitForTests;
let home: string;
let scratch: string;
let machine: ChildProcess;
let firstProcess: number;

function inside(command: string): Promise<Answer> {
  const enter = ['-t', String(firstProcess), ...namespaces, '--root', '--wd=/'];
  return run('nsenter', [...enter, 'sh', '-c', `cd /; ${command}`]);
}
const show = async (property: string): Promise<string> =>
  (await inside(`systemctl show -p ${property} --value dkumonitor`)).stdout.trim();
const asOwner = (words: string): Promise<Answer> =>
  inside(`su -s /bin/sh ${user} -c "cd /; ${home}/bin/dkm ${words}"`);

describe('booted with systemd', { skip }, () => {
  before(async () => {
    kit = await makeKit({ parent, selfContained: true });
    home = kit.place;
    mkdirSync(home);
    chownSync(home, userId, userId);
    const words = ['-d', home, '-p', String(await freeBasePort()), '-t', 'backend'];
    const installed = await run(join(kit.root, 'installer'), words, { uid: userId });
    assert.equal(installed.code, 0, installed.stderr);
    scratch = mkdtempSync(join(parent, 'dkm-boot-'));
    machine = spawn('unshare', [...namespaces, '--fork', 'sh', '-c', bootScript, 'sh', scratch], {
      stdio: 'ignore',
    });
    const children = `/proc/${machine.pid}/task/${machine.pid}/children`;
    await until(
      'the machine has a first process',
      () => readFileSync(children, 'utf8').trim() !== '',
    );
    firstProcess = Number(readFileSync(children, 'utf8').trim());
    await until('systemd is up', async () => {
      const { stdout } = await inside('systemctl is-system-running');
      return /running|degraded/.test(stdout);
    });
  });
  after(() => {
    if (firstProcess > 0) process.kill(firstProcess, 'SIGKILL');
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
    kit?.remove();
  });

  test('install-boot, then start returns when the services answer', async () => {
    const installed = await inside(`${kit.root}/bin/dkmadmin -d ${home} install-boot`);
    assert.equal(installed.code, 0, installed.stderr);
    assert.match(installed.stdout, new RegExp(`as user ${user} \\(systemd\\)`));
    const started = await inside('systemctl start dkumonitor');
    assert.equal(started.code, 0, started.stderr);
    assert.match(await show('StatusText'), /carbon, carbonapi ready/);
    assert.equal((await inside(`${kit.root}/bin/dkmadmin -d ${home} boot-status`)).code, 0);
    assert.match((await asOwner('status')).stdout, /started by systemd/);
  });

  test('a supervisor killed with -9 is back with all services', async () => {
    const before = await show('MainPID');
    assert.ok(Number(before) > 1, 'it runs');
    await inside(`kill -9 ${before}`);
    await until('it is back', async () => {
      const now = await show('MainPID');
      return now !== '0' && now !== before && (await asOwner('status')).code === 0;
    });
  });

  test("dkm restart by the owner leaves it in systemd's hands", async () => {
    const restarted = await asOwner('restart');
    assert.equal(restarted.code, 0, restarted.stderr);
    assert.equal((await inside('systemctl is-active dkumonitor')).stdout.trim(), 'active');
  });

  test('stop leaves no process, uninstall-boot no unit', async () => {
    assert.equal((await inside('systemctl stop dkumonitor')).code, 0);
    assert.equal((await inside('pgrep -f "[l]ib/carbon.js"')).stdout, '');
    assert.equal((await inside(`${kit.root}/bin/dkmadmin -d ${home} uninstall-boot`)).code, 0);
    assert.notEqual((await inside('systemctl cat dkumonitor')).code, 0);
  });
});
