// dkmadmin install-boot and its relatives, written into images and checked with systemd's tools.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freeBasePort } from './free-base-port.ts';
import { type Answer, type KitForTests, makeKit, rootFlag, run } from './kit-for-tests.ts';

const exposureMax = 25; // 2.5, as systemd-analyze counts

function missing(program: string): string | false {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return false;
  } catch {
    return `needs ${program}`;
  }
}

let kit: KitForTests;
let home: string;
let image: string;
before(async () => {
  kit = await makeKit();
  // Everything that a careless generator stumbles over.
  home = `${kit.place} it's 100% "ours" $HOME`;
  const words = ['-d', home, '-p', String(await freeBasePort()), '-t', 'server', ...rootFlag];
  assert.equal((await run(join(kit.root, 'installer'), words)).code, 0);
  if (rootFlag.length > 0) chownSync(home, 12345, 12345);
  image = join(kit.place, 'image');
  mkdirSync(join(image, 'etc/systemd'), { recursive: true });
  mkdirSync(join(image, 'usr/bin'), { recursive: true });
  mkdirSync(join(image, 'usr/lib/systemd'), { recursive: true });
  writeFileSync(join(image, 'usr/bin/systemd-notify'), '');
  writeFileSync(join(image, 'usr/lib/systemd/systemd'), '');
  writeFileSync(
    join(image, 'etc/passwd'),
    `root:x:0:0::/root:/bin/sh\nmonitor:x:${statSync(home).uid}:1::/:/bin/sh\n`,
  );
});
after(() => kit.remove());

const dkmadmin = (...words: string[]): Promise<Answer> => run(join(home, 'bin/dkmadmin'), words);

describe('systemd', () => {
  const unitPath = (): string => join(image, 'etc/systemd/system/dkumonitor.service');

  test('install-boot writes the unit under /etc, as the owner, enabled; again changes nothing', async () => {
    for (let i = 0; i < 2; i++) {
      const { code, stdout, stderr } = await dkmadmin('install-boot', '--root', image);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /as user (monitor|root) \(systemd\)/);
    }
    const unit = readFileSync(unitPath(), 'utf8');
    assert.match(unit, /^Type=notify$/m);
    assert.match(unit, /^User=/m);
    assert.ok(unit.includes('100%% '));
    assert.ok(existsSync(join(image, 'etc/systemd/system/multi-user.target.wants')));
    assert.equal((await dkmadmin('boot-status', '--root', image)).code, 0);
  });

  test('systemctl agrees that it is enabled', { skip: missing('systemctl') }, async () => {
    const { stdout } = await run('systemctl', [
      `--root=${image}`,
      'is-enabled',
      'dkumonitor.service',
    ]);
    assert.equal(stdout.trim(), 'enabled');
  });

  test('systemd-analyze verify finds nothing', { skip: missing('systemd-analyze') }, async () => {
    const { code, stderr } = await run('systemd-analyze', ['verify', unitPath()]);
    const own = stderr
      .split('\n')
      .filter((line) => line.includes('dkumonitor') && !/Failed to .*(user|User)/.test(line));
    assert.deepEqual(own, []);
    assert.equal(code, 0, stderr);
  });

  test('systemd-analyze security finds little', { skip: missing('systemd-analyze') }, async () => {
    const { code, stdout } = await run('systemd-analyze', [
      'security',
      '--offline=true',
      `--threshold=${exposureMax}`,
      '--no-pager',
      unitPath(),
    ]);
    assert.equal(code, 0, stdout.split('\n').slice(-4).join('\n'));
  });

  test('several instances by name, also as -name; a taken name is refused', async () => {
    assert.equal((await dkmadmin('install-boot', '-name', 'two', '--root', image)).code, 0);
    assert.ok(existsSync(join(image, 'etc/systemd/system/dkumonitor.two.service')));
    const bad = await dkmadmin('install-boot', '--name', '../x', '--root', image);
    assert.equal(bad.code, 2);
    const foreign = join(image, 'etc/systemd/system/dkumonitor.three.service');
    writeFileSync(foreign, '[Unit]\n');
    const taken = await dkmadmin('install-boot', '--name=three', '--root', image);
    assert.equal(taken.code, 69);
    assert.match(taken.stderr, /--name/);
  });

  test('uninstall-boot leaves nothing and the rest alone', async () => {
    assert.equal((await dkmadmin('uninstall-boot', '--root', image)).code, 0);
    assert.ok(!existsSync(unitPath()));
    assert.equal((await dkmadmin('boot-status', '--root', image)).code, 1);
    assert.ok(existsSync(join(image, 'etc/systemd/system/dkumonitor.two.service')));
    const other = await dkmadmin('uninstall-boot', '--name', 'three', '--root', image);
    assert.notEqual(other.code, 0);
  });

  test('an agent sees the real system', async () => {
    const path = join(home, 'conf/instance.json');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, before.replace('"server"', '"agent"'));
    const { stdout } = await dkmadmin(
      'install-boot',
      '--dry-run',
      '--init',
      'systemd',
      '--root',
      image,
    );
    writeFileSync(path, before);
    assert.match(stdout, /^ProtectHome=read-only$/m);
    assert.ok(!/PrivateTmp|ProtectProc/.test(stdout));
  });
});

describe('other init systems', () => {
  test('sysv: an LSB header, links for every run level, a script the shell accepts', async () => {
    assert.equal((await dkmadmin('install-boot', '--init', 'sysv', '--root', image)).code, 0);
    const file = join(image, 'etc/init.d/dkumonitor');
    assert.equal(statSync(file).mode & 0o777, 0o755);
    assert.match(
      readFileSync(file, 'utf8'),
      /# Required-Start: +\$local_fs \$remote_fs \$network\n/,
    );
    assert.equal(readlinkSync(join(image, 'etc/rc3.d/S95dkumonitor')), '../init.d/dkumonitor');
    assert.equal((await run('sh', ['-n', file])).code, 0);
    assert.equal((await run(file, ['nonsense'])).code, 2);
    assert.equal((await dkmadmin('uninstall-boot', '--init', 'sysv', '--root', image)).code, 0);
    assert.ok(!existsSync(join(image, 'etc/rc0.d/K05dkumonitor')));
  });

  test('sysv: the script runs dkm as the owner', {
    skip: rootFlag.length === 0 && 'needs root',
  }, async () => {
    const { stdout } = await dkmadmin(
      'install-boot',
      '--init',
      'sysv',
      '--dry-run',
      '--root',
      image,
    );
    const file = join(kit.place, 'script');
    writeFileSync(file, stdout.replace('owner=monitor', 'owner=root'), { mode: 0o755 });
    chownSync(home, 0, 0);
    const { code, stdout: said } = await run(file, ['status']);
    assert.equal(code, 3);
    assert.match(said, /not running/);
    chownSync(home, 12345, 12345);
  });

  test('openrc: runlevel link, a script the shell accepts', async () => {
    assert.equal(
      (await dkmadmin('install-boot', '--init', 'openrc', '--name', 'rc', '--root', image)).code,
      0,
    );
    const file = join(image, 'etc/init.d/dkumonitor.rc');
    assert.equal((await run('sh', ['-n', file])).code, 0);
    assert.equal(
      readlinkSync(join(image, 'etc/runlevels/default/dkumonitor.rc')),
      '/etc/init.d/dkumonitor.rc',
    );
  });

  test('launchd: a property list that parses', { skip: missing('python3') }, async () => {
    const { stdout } = await dkmadmin(
      'install-boot',
      '--init',
      'launchd',
      '--dry-run',
      '--root',
      image,
    );
    const file = join(kit.place, 'dkumonitor.plist');
    writeFileSync(file, stdout);
    const parse =
      'import plistlib,sys,json;print(json.dumps(plistlib.load(open(sys.argv[1],"rb"))))';
    const answer = await run('python3', ['-c', parse, file]);
    assert.equal(answer.code, 0, answer.stderr);
    const list = JSON.parse(answer.stdout) as {
      ProgramArguments: string[];
      WorkingDirectory: string;
    };
    assert.deepEqual(list.ProgramArguments, [join(home, 'bin/dkm'), 'supervise']);
    assert.equal(list.WorkingDirectory, home);
  });

  test('what cannot be told is asked for', async () => {
    const empty = join(kit.place, 'empty');
    mkdirSync(join(empty, 'etc'), { recursive: true });
    writeFileSync(join(empty, 'etc/passwd'), '');
    const { code, stderr } = await dkmadmin('install-boot', '--root', empty);
    assert.equal(code, 69);
    assert.match(stderr, /--init systemd\|/);
    const typo = await dkmadmin('install-boot', '--init', 'systemdd', '--root', empty);
    assert.equal(typo.code, 2);
    assert.match(typo.stderr, /did you mean "systemd"/);
    rmSync(empty, { recursive: true });
  });
});
