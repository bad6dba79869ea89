// The installer as its user meets it: a kit, the launcher, exit codes, what is on disk.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { version } from '../../bundle/core/version.ts';
import { installTypes, servicesOfType } from '../../bundle/services.ts';
import type { SupervisorStatus } from '../../bundle/supervisor/protocol.ts';
import { processesIn, until } from '../supervisor/instance-for-tests.ts';
import { freeBasePort } from './free-base-port.ts';
import { type Answer, type KitForTests, makeKit, rootFlag, run } from './kit-for-tests.ts';

let kit: KitForTests;
let count = 0;
before(async () => {
  kit = await makeKit();
});
after(() => kit.remove());

const place = (): string => {
  count += 1;
  return `${kit.place}-${count}`;
};
const installer = (...words: string[]): Promise<Answer> =>
  run(join(kit.root, 'installer'), [...words, ...rootFlag]);
const installed = async (...words: string[]): Promise<string> => {
  const home = place();
  const { code, stderr } = await installer(
    '-d',
    home,
    '-p',
    String(await freeBasePort()),
    ...words,
  );
  assert.equal(code, 0, stderr);
  return home;
};
/** Every file and link below `directory` with its content. */
function snapshot(directory: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) all[path] = readlinkSync(path);
    else if (entry.isFile()) all[path] = readFileSync(path, 'latin1');
  }
  return all;
}

describe('what is refused before anything is written', () => {
  async function refused(words: string[], code: number, message: RegExp): Promise<void> {
    const answer = await installer(...words);
    assert.equal(answer.code, code, answer.stderr);
    assert.match(answer.stderr, message);
  }

  test('missing options: the help, the names of what is missing', async () => {
    await refused(['-p', '24100'], 2, /--directory <directory>[\s\S]*missing: --directory/);
    await refused(['-d', place()], 2, /missing: --port/);
  });

  test('wrong words get the nearest right one', async () => {
    await refused(['--prot', '1'], 2, /--port/);
    await refused(['-d', place(), '-p', '24100', '-t', 'servr'], 2, /did you mean "server"/);
    await refused(['-d', place(), '-p', '24100', 'extra'], 2, /too many arguments/);
  });

  test('impossible values', async () => {
    const port = String(await freeBasePort());
    await refused(['-d', place(), '-p', port, '--bind', '192.0.2.1'], 69, /no address 192/);
    await refused(['-d', place(), '-p', '70000'], 2, /from 1 to/);
    await refused(['-d', place(), '-p', '24100', '--hostname', 'a b'], 2, /not a host name/);
    await refused(
      ['-d', place(), '-p', '24100', '--bind', 'nowhere'],
      2,
      /address of this machine/,
    );
    await refused(['-d', place(), '-p', '24100', '--carbon-server', 'x'], 2, /has its own carbon/);
    const words = ['-d', place(), '-p', '24100', '-t', 'all', '--system-collectd', ...rootFlag];
    const bin = place();
    mkdirSync(bin);
    await run('sh', ['-c', `ln -s /bin/* /usr/bin/* ${bin}; rm -f ${bin}/collectd`]);
    const answer = await run(join(kit.root, 'installer'), words, { env: { PATH: bin } });
    assert.equal(answer.code, 69);
    assert.match(answer.stderr, /collectd.*PATH/);
  });

  test('directories that cannot be an instance', async () => {
    await refused(['-d', '/', '-p', '24100'], 69, /the directory \//);
    await refused(['-d', kit.root, '-p', '24100'], 69, /is the package itself/);
    await refused(['-d', join(kit.root, 'data'), '-p', '24100'], 69, /is the package itself/);
    const foreign = place();
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'thesis.tex'), '');
    await refused(['-d', foreign, '-p', '24100'], 69, /not empty \(thesis\.tex\)/);
    assert.deepEqual(readdirSync(foreign), ['thesis.tex']);
    writeFileSync(`${foreign}.file`, '');
    await refused(['-d', `${foreign}.file`, '-p', '24100'], 69, /not a directory/);
  });

  test('a busy TCP or UDP port is named with its owner, a free base is suggested', async () => {
    const home = place();
    const base = await freeBasePort();
    const server = createServer();
    await new Promise<void>((done) => server.listen(base + 2, '127.0.0.1', done));
    const socket = createSocket('udp4');
    await new Promise<void>((done) => socket.bind(base + 1, done));
    try {
      const { code, stderr } = await installer('-d', home, '-p', String(base));
      assert.equal(code, 69);
      assert.match(stderr, new RegExp(`port ${base + 1}/udp \\(carbon plaintext\\) is taken by`));
      assert.match(stderr, new RegExp(`port ${base + 2}/tcp \\(Graphite API\\)`));
      if (process.platform === 'linux') assert.ok(stderr.includes(`(pid ${process.pid})`));
      const free = Number(/-p (\d+)/.exec(stderr)?.[1]);
      assert.ok(free > base);
      // The type agent needs none of them.
      assert.equal((await installer('-d', home, '-p', String(base), '-t', 'agent')).code, 0);
    } finally {
      server.close();
      socket.close();
    }
  });

  test('--dry-run writes nothing', async () => {
    const home = place();
    const { code, stdout } = await installer(
      '-d',
      home,
      '-p',
      String(await freeBasePort()),
      '--dry-run',
    );
    assert.equal(code, 0);
    assert.ok(stdout.includes(join(home, 'conf/carbon.yml')));
    assert.ok(!existsSync(home));
  });

  test('root, unless it says that it means it', {
    skip: rootFlag.length === 0 && 'not root',
  }, async () => {
    const { code, stderr } = await run(join(kit.root, 'installer'), ['-d', place(), '-p', '24100']);
    assert.equal(code, 2);
    assert.match(stderr, /--allow-root/);
  });

  test('a directory without permission', {
    skip: rootFlag.length === 0 && 'needs another user',
  }, async () => {
    const home = place();
    mkdirSync(home, { mode: 0o755 });
    const { code, stderr } = await run(join(kit.root, 'installer'), ['-d', home, '-p', '24100'], {
      uid: 65534,
    });
    assert.equal(code, 69, stderr);
    assert.match(stderr, /not writable/);
  });
});

describe('what is written', () => {
  test('the tree, the secret, the log; no absolute path in conf', async () => {
    const home = await installed('-t', 'all', '--hostname', 'web1.example.org');
    for (const path of [
      'bin/dkm',
      'bin/dkumonitor',
      'bin/dkmadmin',
      'conf',
      'dashboards/system.json',
      'storage',
      'run',
      'static',
      'lib',
    ]) {
      assert.ok(existsSync(join(home, path)), path);
    }
    assert.equal(readlinkSync(join(home, 'bin/dkm')), `../kits/${version}/bin/dkm`);
    assert.equal(statSync(join(home, 'conf/secrets/admin-password')).mode & 0o777, 0o600);
    assert.ok(readFileSync(join(home, 'conf/secrets/admin-password'), 'utf8').trim().length >= 20);
    assert.match(
      readFileSync(join(home, 'run/install.log'), 'utf8'),
      /^\[\+\] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d - installing/,
    );
    const instance = JSON.parse(readFileSync(join(home, 'conf/instance.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.equal(instance['reversedHostname'], 'org.example.web1');
    for (const [path, content] of Object.entries(snapshot(join(home, 'conf')))) {
      assert.ok(!content.includes(home) && !content.includes(kit.root), path);
    }
    assert.ok(!existsSync(join(home, '.installing')));
    const again = await installer('-d', home, '-p', '24100');
    assert.equal(again.code, 69);
    assert.match(again.stderr, /--update/);
  });

  test('each type runs exactly its services; the kit may be deleted, the instance moved', async () => {
    const ownKit = `${kit.root}-copy`;
    cpSync(kit.root, ownKit, { recursive: true, verbatimSymlinks: true });
    const homes = new Map<string, string>();
    for (const type of installTypes) {
      const home = place();
      const words = ['-d', home, '-p', String(await freeBasePort()), '-t', type, ...rootFlag];
      assert.equal((await run(join(ownKit, 'installer'), words)).code, 0);
      homes.set(type, home);
    }
    rmSync(ownKit, { recursive: true });
    for (const [type, home] of homes) {
      const moved = `${home} moved`;
      renameSync(home, moved);
      const dkm = join(moved, 'bin/dkm');
      try {
        const start = await run(dkm, ['start']);
        assert.equal(start.code, 0, `${type}: ${start.stdout}${start.stderr}`);
        const { stdout } = await run(dkm, ['status', '--json']);
        const { services } = JSON.parse(stdout) as SupervisorStatus;
        assert.deepEqual(
          services.map(({ name }) => name),
          [...servicesOfType[type as 'all']],
        );
      } finally {
        await run(dkm, ['stop']);
      }
      assert.deepEqual(processesIn(moved), []);
    }
  });

  test("listening addresses, the server of an agent, a password of one's own", async () => {
    const secret = `${place()}.secret`;
    writeFileSync(secret, 'correct horse battery\n');
    const home = await installed(
      '-t',
      'agent',
      '--carbon-server',
      '127.0.0.1:25000',
      '--admin-password-file',
      secret,
    );
    assert.equal(
      readFileSync(join(home, 'conf/secrets/admin-password'), 'utf8'),
      'correct horse battery\n',
    );
    const { carbonServer } = JSON.parse(readFileSync(join(home, 'conf/instance.json'), 'utf8')) as {
      carbonServer: unknown;
    };
    assert.deepEqual(carbonServer, { host: '127.0.0.1', basePort: 25000 });
    const other = await installed('--bind', '127.0.0.1', '-l', '::1');
    assert.match(readFileSync(join(other, 'conf/supervisor.yml'), 'utf8'), /tcp:\/\/\[::1\]:/);
  });

  test('--system-collectd runs the collectd on PATH with the generated configuration', async () => {
    const home = place();
    const bin = place();
    mkdirSync(bin);
    writeFileSync(join(bin, 'collectd'), '#!/bin/sh\necho "called with $*"\nexec sleep 1000\n', {
      mode: 0o755,
    });
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    const port = String(await freeBasePort());
    const words = ['-d', home, '-p', port, '-t', 'agent', '--system-collectd', ...rootFlag];
    assert.equal((await run(join(kit.root, 'installer'), words, { env })).code, 0);
    const dkm = join(home, 'bin/dkm');
    try {
      assert.equal((await run(dkm, ['start'], { env })).code, 0);
      await until('it runs', async () =>
        /called with -f -C conf\/collectd\.conf/.test(
          (await run(dkm, ['logs', 'collectd'], { env })).stdout,
        ),
      );
    } finally {
      await run(dkm, ['stop'], { env });
    }
    assert.deepEqual(processesIn(home), []);
  });

  test('storage that is there already, as from a backup, is kept', async () => {
    const home = place();
    mkdirSync(join(home, 'storage/whisper'), { recursive: true });
    writeFileSync(join(home, 'storage/whisper/a.wsp'), 'points');
    assert.equal((await installer('-d', home, '-p', String(await freeBasePort()))).code, 0);
    assert.equal(readFileSync(join(home, 'storage/whisper/a.wsp'), 'utf8'), 'points');
  });
});

describe('--update', () => {
  test('touches nothing under conf, brings links, environment and new dashboards', async () => {
    const home = await installed('-t', 'backend');
    for (const path of Object.keys(snapshot(join(home, 'conf')))) appendFileSync(path, '\n');
    writeFileSync(join(home, 'dashboards/system.json'), 'edited');
    appendFileSync(join(home, 'bin/env-site'), 'export DKM_MINE=1\n');
    const before = snapshot(join(home, 'conf'));
    const newKit = `${kit.root}-new`;
    cpSync(kit.root, newKit, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(newKit, 'VERSION'), '99.0.0\n');
    writeFileSync(join(newKit, 'dashboards/new.json'), '{}');
    writeFileSync(join(newKit, 'dashboards/system.json'), '{"title":"system 2"}');
    const { code, stdout, stderr } = await run(join(newKit, 'installer'), [
      '-u',
      '-d',
      home,
      ...rootFlag,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`${version} -> 99\\.0\\.0`));
    assert.deepEqual(snapshot(join(home, 'conf')), before);
    assert.equal(readlinkSync(join(home, 'lib')), 'kits/99.0.0/lib');
    assert.match(readFileSync(join(home, 'bin/env-default'), 'utf8'), /99\.0\.0/);
    assert.match(readFileSync(join(home, 'bin/env-site'), 'utf8'), /DKM_MINE/);
    assert.equal(readFileSync(join(home, 'dashboards/system.json'), 'utf8'), 'edited');
    assert.ok(existsSync(join(home, 'dashboards/new.json')));
    rmSync(newKit, { recursive: true });

    const back = await installer('-u', '-d', home);
    assert.equal(back.code, 2);
    assert.match(back.stderr, /older.*--force/);
    assert.equal((await installer('-u', '-d', home, '--force')).code, 0);
    assert.equal((await installer('-u', '-d', home)).code, 0, 'the same version again works');
    assert.equal((await run(join(home, 'bin/dkm'), ['status'])).code, 3);
  });

  test('takes only the directory', async () => {
    const { code, stderr } = await installer(
      '-u',
      '-d',
      kit.root,
      '-p',
      '24100',
      '--hostname',
      'x',
    );
    assert.equal(code, 2);
    assert.match(stderr, /does not take --port, --hostname/);
    const nothing = await installer('-u', '-d', kit.root);
    assert.equal(nothing.code, 69);
    assert.match(nothing.stderr, /no instance/);
  });
});

describe('interrupted', () => {
  function killAfter(child: ChildProcess, milliseconds: number): Promise<void> {
    return new Promise((done) => {
      child.once('exit', () => done());
      setTimeout(() => child.kill('SIGKILL'), milliseconds);
    });
  }

  test('killed at any moment, then run again', async () => {
    const base = String(await freeBasePort());
    for (let i = 0; i < 20; i++) {
      const home = place();
      const words = ['-d', home, '-p', base, ...rootFlag];
      // Past the start of the runtime, where the writing happens, in steps of a few milliseconds.
      const child = spawn(join(kit.root, 'installer'), words, { stdio: 'ignore' });
      await killAfter(child, 100 + i * 6);
      const complete = existsSync(join(home, 'conf/instance.json'));
      const { code, stderr } = await installer(
        ...(complete ? ['-u', '-d', home] : ['-d', home, '-p', base]),
      );
      assert.equal(code, 0, `after ${100 + i * 6} ms: ${stderr}`);
      assert.ok(
        existsSync(join(home, 'conf/instance.json')) && !existsSync(join(home, '.installing')),
      );
      assert.equal((await run(join(home, 'bin/dkm'), ['status'])).code, 3);
      rmSync(home, { recursive: true });
    }
  });

  test('a full disk leaves nothing behind', {
    skip: rootFlag.length === 0 && 'needs root to mount',
  }, async (t) => {
    const disk = place();
    mkdirSync(disk);
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', disk]);
    if (mounted.code !== 0) return t.skip(`cannot mount: ${mounted.stderr}`);
    try {
      const home = join(disk, 'data');
      const { code, stderr } = await installer('-d', home, '-p', String(await freeBasePort()));
      assert.notEqual(code, 0);
      assert.match(stderr, /data has 0 MB free, an installation needs \d+ MB/);
      assert.deepEqual(readdirSync(disk), []);
    } finally {
      await run('umount', ['-l', disk]);
    }
  });
});

describe('the launcher', () => {
  test('a runtime for another processor is told in one sentence', async () => {
    const wrong = `${kit.root}-wrong`;
    cpSync(kit.root, wrong, { recursive: true, verbatimSymlinks: true });
    rmSync(join(wrong, 'runtime/node'));
    const elf = Buffer.alloc(64);
    elf.write('\x7fELF\x02\x01\x01', 'latin1');
    elf[16] = 2;
    elf[18] = process.arch === 'arm64' ? 0x3e : 0xb7;
    writeFileSync(join(wrong, 'runtime/node'), elf, { mode: 0o755 });
    const { code, stderr } = await run(join(wrong, 'installer'), ['--help']);
    assert.equal(code, 69);
    assert.match(stderr, /^installer: this kit is made for Linux \w+, but this machine is .*\n$/);
    rmSync(join(wrong, 'runtime/node'));
    const none = await run(join(wrong, 'installer'), ['--help']);
    assert.match(none.stderr, /has no runtime.*DKM_NODE/);
    const other = await run(join(wrong, 'installer'), ['--version'], {
      env: { DKM_NODE: process.execPath },
    });
    assert.equal(other.stdout, `${version}\n`);
    rmSync(wrong, { recursive: true });
  });

  test('finds instance and kit through links, also from PATH', async () => {
    const home = await installed();
    const bin = place();
    mkdirSync(bin);
    const { code } = await run('ln', ['-s', join(home, 'bin/dkm'), join(bin, 'monitor')]);
    assert.equal(code, 0);
    const answer = await run('sh', ['-c', 'monitor status'], {
      env: { PATH: `${bin}:/usr/bin:/bin` },
      cwd: '/',
    });
    assert.equal(answer.code, 3, answer.stderr);
  });
});
