// doctor, why, plan, config, support-bundle, uninstall on an instance with the real services.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Plan } from '../../installer/commands/plan.ts';
import type { Finding } from '../../installer/doctor/finding.ts';
import { withoutSecrets } from '../../installer/support-bundle.ts';
import { processesIn, until } from '../supervisor/instance-for-tests.ts';
import { freeBasePort } from './free-base-port.ts';
import { type Answer, type KitForTests, makeKit, rootFlag, run } from './kit-for-tests.ts';

let kit: KitForTests;
let home: string;
let basePort: number;
before(async () => {
  kit = await makeKit({ realServices: true });
  home = kit.place;
  basePort = await freeBasePort();
  const words = [
    '-d',
    home,
    '-p',
    String(basePort),
    '-t',
    'backend',
    '--hostname',
    'h.example',
    ...rootFlag,
  ];
  const installed = await run(join(kit.root, 'installer'), words);
  assert.equal(installed.code, 0, installed.stderr);
  const started = await dkm('start');
  assert.equal(started.code, 0, started.stdout + started.stderr);
});
after(async () => {
  await dkm('stop');
  kit.remove();
});

const dkm = (...words: string[]): Promise<Answer> => run(join(home, 'bin/dkm'), words);
const dkmadmin = (...words: string[]): Promise<Answer> => run(join(home, 'bin/dkmadmin'), words);
const read = (path: string): string => readFileSync(join(home, path), 'utf8');
async function findings(): Promise<Finding[]> {
  const { stdout } = await dkmadmin('doctor', '--json');
  return JSON.parse(stdout) as Finding[];
}
function send(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(basePort + 1, '127.0.0.1', () => socket.end(text));
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.resume();
  });
}

describe('doctor', () => {
  test('a healthy instance: no problem, a point through every open door and back', async () => {
    const all = await findings();
    assert.deepEqual(
      all.filter(({ level }) => level === 'problem'),
      [],
    );
    const doors = all.filter(({ about }) => about === 'doors');
    assert.deepEqual(
      doors.map(({ level }) => level),
      ['good', 'good'],
    );
    assert.match(all.find(({ about }) => about === 'network')?.text ?? '', /without a password/);
    assert.equal((await dkmadmin('doctor')).code, 0);
  });

  test('what is wrong is found, with its remedy', async () => {
    chmodSync(join(home, 'conf/secrets/admin-password'), 0o644);
    const rules = read('conf/storage-schemas.conf');
    writeFileSync(
      join(home, 'conf/storage-schemas.conf'),
      `[all]\npattern = .*\nretentions = 1m:1d\n${rules}`,
    );
    const text = (await findings())
      .map((one) => `${one.level} ${one.text} ${one.fix ?? ''}`)
      .join('\n');
    assert.match(text, /problem .*admin-password can be read by others chmod/);
    assert.match(text, /warning .*never/i);
    chmodSync(join(home, 'conf/secrets/admin-password'), 0o600);
    writeFileSync(join(home, 'conf/storage-schemas.conf'), rules);
    const conf = read('conf/carbonapi.yml');
    appendFileSync(join(home, 'conf/carbonapi.yml'), 'limit: 1\n');
    const { code, stdout } = await dkmadmin('doctor');
    assert.equal(code, 1);
    assert.match(stdout, /PROBLEM.*unknown key "limit"/);
    writeFileSync(join(home, 'conf/carbonapi.yml'), conf);
  });
});

describe('why', () => {
  test('a metric that is there', async () => {
    await send(`some.metric 42 ${Math.floor(Date.now() / 1000)}\n`);
    await until('it is known', async () => (await dkmadmin('why', 'some.metric')).code === 0);
    const { stdout } = await dkmadmin('why', 'some.metric');
    assert.match(stdout, /rule +\[\w+\]/);
    assert.match(stdout, /so +it is received and stored; the last point is 42 /);
  });

  test('one that is not, one that cannot be', async () => {
    const unknown = await dkmadmin('why', 'never.sent');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stdout, /no point of this name was ever accepted/);
    const wrong = await dkmadmin('why', 'a/b');
    assert.match(wrong.stdout, /refuses this name: it has a slash/);
  });
});

test('plan: the disk to the byte, and whether this disk will do', async () => {
  const words = [
    'plan',
    '--series',
    '1000',
    '--interval',
    '10',
    '--retentions',
    '10s:6h,1m:7d',
    '--json',
  ];
  const { code, stdout, stderr } = await dkmadmin(...words);
  assert.equal(code, 0, stderr);
  const plan = JSON.parse(stdout) as Plan & { probedUpdatesPerSecond: number };
  assert.equal(plan.bytesPerFile, 16 + 2 * 12 + (2160 + 10080) * 12);
  assert.ok(plan.diskBytes >= plan.bytesPerFile * 1000);
  assert.equal(plan.pointsPerSecond, 100);
  assert.ok(plan.probedUpdatesPerSecond > 0);
  assert.deepEqual(
    readdirSync(join(home, 'storage')).filter((name) => name.includes('probe')),
    [],
  );
  const huge = await dkmadmin('plan', '--series', '1e12', '--interval', '10', '--no-probe');
  assert.equal(huge.code, 1);
  assert.match(huge.stdout, /too small/);
  assert.equal((await dkmadmin('plan', '--series', 'many', '--interval', '10')).code, 2);
});

describe('config', () => {
  test('check, show with defaults, diff against what was installed', async () => {
    assert.equal((await dkmadmin('config', 'check')).code, 0);
    const shown = await dkmadmin('config', 'show', 'carbonapi');
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /slowQueryMs: \d+/);
    assert.equal((await dkmadmin('config', 'diff')).stdout, '');
    const before = read('conf/carbon.yml');
    writeFileSync(
      join(home, 'conf/carbon.yml'),
      before.replace('strategy: max', 'strategy: sorted'),
    );
    writeFileSync(join(home, 'conf/own.txt'), '');
    const { stdout } = await dkmadmin('config', 'diff');
    assert.match(
      stdout,
      /conf\/carbon\.yml:\n@@ line \d+\n- +strategy: max.*\n\+ +strategy: sorted/,
    );
    assert.match(stdout, /conf\/own\.txt: added/);
    writeFileSync(join(home, 'conf/carbon.yml'), `${before}nonsense: 1\n`);
    const bad = await dkmadmin('config', 'check', 'carbon');
    assert.equal(bad.code, 78);
    assert.match(bad.stderr, /unknown key "nonsense"/);
    writeFileSync(join(home, 'conf/carbon.yml'), before);
  });
});

describe('support-bundle', () => {
  test('holds what helps and no secret', async () => {
    appendFileSync(join(home, 'conf/agent.yml'), '# password: hunter2\n');
    const file = join(kit.place, '..', 'support.tar.gz');
    const { code, stderr } = await dkmadmin('support-bundle', file);
    assert.equal(code, 0, stderr);
    const { stdout: names } = await run('tar', ['tzf', file]);
    for (const name of [
      'doctor.txt',
      'status.json',
      'machine.txt',
      'conf/carbon.yml',
      'run/carbon.log',
    ]) {
      assert.ok(names.includes(`dkumonitor-support/${name}\n`), name);
    }
    assert.ok(!names.includes('secrets'));
    const { stdout: content } = await run('tar', ['xzOf', file]);
    assert.ok(!content.includes('hunter2'));
    assert.ok(!content.includes(read('conf/secrets/admin-password').trim()));
  });

  test('withoutSecrets', () => {
    const f = (text: string, want: string): void => assert.equal(withoutSecrets(text), want);
    f('password: x y', 'password: (left out)');
    f('  apiKey: "abc"', '  apiKey: (left out)');
    f('GF_ADMIN_PASSWORD=abc', 'GF_ADMIN_PASSWORD=(left out)');
    f('url: http://me:pass@host/', 'url: http://me:(left out)@host/');
    f('interval: 10', 'interval: 10');
  });
});

test('uninstall: asks, keeps the data, can be installed over; --remove-data leaves nothing', async () => {
  const asked = await dkmadmin('uninstall');
  assert.equal(asked.code, 2);
  assert.ok(existsSync(join(home, 'conf/instance.json')));
  const { code, stderr } = await dkmadmin('uninstall', '--yes');
  assert.equal(code, 0, stderr);
  assert.deepEqual(processesIn(home), []);
  assert.deepEqual(readdirSync(home).sort(), ['dashboards', 'storage']);
  assert.ok(existsSync(join(home, 'storage/conf-before-uninstall/carbon.yml')));
  const words = ['-d', home, '-p', String(basePort), '-t', 'backend', ...rootFlag];
  assert.equal((await run(join(kit.root, 'installer'), words)).code, 0);
  assert.ok(existsSync(join(home, 'storage/whisper')));
  assert.equal((await dkmadmin('uninstall', '--yes', '--remove-data')).code, 0);
  assert.ok(!existsSync(home));
  mkdirSync(home);
});
