// dkmadmin's diagnosis with the real tarball: the doctor on a healthy and on broken instances, why, plan,
// and a support bundle of a secure instance without a single secret in it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Finding } from '../../installer/doctor/finding.ts';
import { type Installed, install, sendAndRead } from './installed.ts';
import { eventually, type Sandbox, unpackedKit } from './instance.ts';

let sandbox: Sandbox;
let instance: Installed;
before(async () => {
  sandbox = await unpackedKit();
  instance = await install(sandbox, join(sandbox.directory, 'server'), '-t', 'all');
  await instance.start();
});
after(async () => {
  await instance.dkm('stop');
  sandbox.remove();
});

/** The exit code of the doctor and what is wrong, one finding a line with its remedy. */
async function doctor(): Promise<{ exitCode: number; problems: string }> {
  const { exitCode, stdout } = await instance.dkmadmin('doctor', '--json');
  const findings = JSON.parse(stdout) as Finding[];
  const problems = findings
    .filter(({ level }) => level === 'problem')
    .map(({ about, text, fix }) => `${about}: ${text} -> ${fix}`);
  return { exitCode, problems: problems.join('\n') };
}
/** Changes a file of the instance while `use` runs. */
async function withFile(path: string, content: string, use: () => Promise<void>): Promise<void> {
  const file = join(instance.home, path);
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, content);
  try {
    await use();
  } finally {
    writeFileSync(file, before);
  }
}
const read = (path: string): string => readFileSync(join(instance.home, path), 'utf8');

describe('the doctor', () => {
  test('of a healthy instance: code 0, every open door takes a point', async () => {
    assert.deepEqual(await doctor(), { exitCode: 0, problems: '' });
    const { stdout } = await instance.dkmadmin('doctor');
    assert.match(stdout, /plaintext tcp, port \d+: a test point came back/);
    assert.match(stdout, /plaintext udp, port \d+: a test point came back/);
  });

  test('of one whose service was given a wrong configuration', async () => {
    await withFile('conf/carbonapi.yml', `${read('conf/carbonapi.yml')}lissten: x\n`, async () => {
      const restart = await instance.dkm('restart', 'carbonapi');
      assert.notEqual(restart.exitCode, 0);
      assert.match(restart.stdout + restart.stderr, /carbonapi\.yml:\d+.*lissten.*listen/s);
      const { exitCode, problems } = await doctor();
      assert.equal(exitCode, 1);
      assert.match(problems, /configuration: .*carbonapi\.yml.*lissten/);
      assert.match(problems, /carbonapi: (crash-looping|backing-off|starting)/);
    });
    assert.equal((await instance.dkm('restart', 'carbonapi')).exitCode, 0);
  });

  test('of one whose port another program has taken', async () => {
    await instance.stop();
    const thief = createServer().listen(instance.port('plaintext'), '0.0.0.0');
    await once(thief, 'listening');
    const { exitCode, problems } = await doctor();
    thief.close();
    assert.equal(exitCode, 1);
    assert.match(problems, /services: the supervisor is not running -> dkm start/);
    assert.match(
      problems,
      new RegExp(`${instance.port('plaintext')} .carbon plaintext. is taken by`),
    );
    await instance.start();
  });

  test('of one whose secrets are open and whose series are closed', async () => {
    const password = join(instance.home, 'conf/secrets/admin-password');
    const series = join(instance.home, 'storage/whisper/collectd');
    await sendAndRead(instance, 'collectd.some.host', 1);
    await eventually(
      'the series on the disk',
      60_000,
      () => statSync(series).isDirectory() || undefined,
    );
    chmodSync(password, 0o644);
    chmodSync(series, 0o000);
    const { exitCode, problems } = await doctor();
    chmodSync(password, 0o600);
    chmodSync(series, 0o755);
    assert.equal(exitCode, 1);
    assert.match(problems, /admin-password can be read by others -> chmod go= '.*'/);
    assert.match(problems, /storage\/whisper\/collectd cannot be read and written/);
    assert.deepEqual(await doctor(), { exitCode: 0, problems: '' });
  });
});

test('why: a metric that is there, one that is not', async () => {
  await sendAndRead(instance, 'diagnosis.some.metric', 42);
  const known = await instance.dkmadmin('why', 'diagnosis.some.metric');
  assert.equal(known.exitCode, 0, known.stdout + known.stderr);
  assert.match(known.stdout, /the last point is 42 /);
  const unknown = await instance.dkmadmin('why', 'diagnosis.never.sent');
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.stdout, /no point of this name was ever accepted/);
});

test('plan: the bytes that the files then really take', async () => {
  const { exitCode, stdout } = await instance.dkmadmin(
    ...['plan', '--series', '1000', '--interval', '10', '--no-probe', '--json'],
  );
  assert.equal(exitCode, 0, stdout);
  const { bytesPerFile } = JSON.parse(stdout) as { bytesPerFile: number };
  const file = join(instance.home, 'storage/whisper/diagnosis/some/metric.wsp');
  const size = await eventually('the file', 60_000, () => statSync(file).size);
  assert.equal(bytesPerFile, size);
});

test('the support bundle of a secure instance has no secret in it', async () => {
  const words = ['-t', 'server', '--secure'];
  const secure = await install(sandbox, join(sandbox.directory, 'secure'), ...words);
  const { home } = secure;
  const made = await secure.dkmadmin('token', 'create', 'eve', '--role', 'read');
  assert.equal(made.exitCode, 0, made.stderr);
  const joins = await secure.dkmadmin('agent-token', 'web2');
  assert.equal(joins.exitCode, 0, joins.stderr);
  await secure.start();
  try {
    appendFileSync(join(home, 'conf/agent.yml'), '# apiToken: hunter2hunter2\n');
    const file = join(sandbox.directory, 'support.tar.gz');
    const bundle = await secure.dkmadmin('support-bundle', file);
    assert.equal(bundle.exitCode, 0, bundle.stderr);
    assert.equal(statSync(file).mode & 0o077, 0);
    const { stdout: names } = await sandbox.run('tar', ['tzf', file]);
    for (const name of ['doctor.txt', 'status.json', 'conf/carbon.yml', 'run/carbon.log'])
      assert.ok(names.includes(`/${name}`), `${name} in\n${names}`);
    const { stdout: content } = await sandbox.run('tar', ['xzOf', file]);
    assert.ok(content.length > 10_000);

    const secrets = readdirSync(join(home, 'conf/secrets'), { recursive: true })
      .map((name) => join(home, 'conf/secrets', String(name)))
      .filter((path) => statSync(path).isFile())
      .flatMap((path) => readFileSync(path, 'utf8').split(/[\s",:]+/))
      .filter((word) => word.length >= 20);
    const printed = `${made.stdout}\n${joins.stdout}`
      .split(/\s+/)
      .filter(({ length }) => length >= 20);
    assert.ok(secrets.length > 10 && printed.length >= 2, `${secrets.length}, ${printed.length}`);
    const found = [...secrets, ...printed, 'hunter2hunter2'].filter((word) =>
      content.includes(word),
    );
    assert.deepEqual(found, []);
    assert.ok(!content.includes('PRIVATE KEY'));
  } finally {
    await secure.dkm('stop');
  }
});
