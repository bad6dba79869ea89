// Updates of a running instance with real tarballs: nothing under conf is lost, a bad version is taken
// back by itself, and no point is lost while it happens.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Installed, install, sendAndRead } from './installed.ts';
import { eventually, render, type Sandbox, unpackedKit, valuesOf } from './instance.ts';
import { kitOfVersion, packed, replaceFile } from './new-kit.ts';
import { senderRule, startSender } from './sender.ts';

let sandbox: Sandbox;
let server: Installed;
let agent: Installed;

before(async () => {
  sandbox = await unpackedKit();
  server = await install(sandbox, join(sandbox.directory, 'server'), '-t', 'server');
  agent = await install(
    sandbox,
    join(sandbox.directory, 'agent'),
    '-t',
    'agent',
    '--carbon-server',
    `127.0.0.1:${server.base}`,
  );
  const rules = join(server.home, 'conf/storage-schemas.conf');
  const perSecond = '[agent]\npattern = ^collectd\\.\nretentions = 1s:1h\n\n';
  writeFileSync(rules, senderRule + perSecond + readFileSync(rules, 'utf8'));
  const conf = join(agent.home, 'conf/agent.yml');
  const everySecond = readFileSync(conf, 'utf8').replace(/^interval: 10$/m, 'interval: 1');
  assert.match(everySecond, /^interval: 1$/m);
  writeFileSync(conf, everySecond);
  for (const instance of [server, agent]) await instance.start();
});
after(async () => {
  for (const instance of [server, agent]) await instance.dkm('stop');
  sandbox.remove();
});

const installedVersion = (): string | undefined =>
  readlinkSync(join(server.home, 'lib')).split('/').at(-2);
const allReady = async (): Promise<boolean> =>
  (await server.services()).every(({ state }) => state === 'ready');

async function copyOfConf(): Promise<string> {
  const copy = join(sandbox.directory, `conf-before-${installedVersion()}`);
  const { exitCode, stderr } = await sandbox.run('cp', ['-a', join(server.home, 'conf'), copy]);
  assert.equal(exitCode, 0, stderr);
  return copy;
}
async function assertSameConf(copy: string): Promise<void> {
  const difference = await sandbox.run('diff', ['-r', copy, join(server.home, 'conf')]);
  assert.deepEqual(difference, { exitCode: 0, stdout: '', stderr: '' });
}

test('installer -u with every file of conf edited: diff -r finds nothing', async () => {
  const conf = join(server.home, 'conf');
  const files = readdirSync(conf, { recursive: true })
    .map((name) => join(conf, String(name)))
    .filter((path) => statSync(path).isFile());
  assert.ok(files.length > 10, files.join());
  for (const path of files) {
    const takesComments = /\.(yml|conf|ini)$/.test(path);
    appendFileSync(path, takesComments ? '# edited by hand\n' : '\n');
  }
  const before = await copyOfConf();
  const kit = kitOfVersion(sandbox, '1.5.0', (root) =>
    replaceFile(root, 'templates/conf/carbon.yml.hbs', '# everything is different\n'),
  );
  const { exitCode, stdout, stderr } = await sandbox.run(join(kit, 'installer'), [
    '-u',
    '-d',
    server.home,
  ]);
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /1\.0\.0 -> 1\.5\.0; nothing under conf was changed/);
  await assertSameConf(before);
  rmSync(kit, { recursive: true });
  assert.equal((await server.dkm('restart')).exitCode, 0);
  assert.equal(installedVersion(), '1.5.0');
});

/** The points of the agent, one slot a second; undefined before there are any. */
async function agentPoints(): Promise<[number | null, number][] | undefined> {
  const metric = 'collectd.org.example.web1.load.load.relative.shortterm';
  const [series] = await render(server.port('carbonapi'), metric, '-55min');
  return valuesOf(series).length === 0 ? undefined : series?.datapoints;
}

test('dkmadmin update from a tarball under load: no point is missing', async () => {
  const tarball = await packed(sandbox, kitOfVersion(sandbox, '2.0.0'));
  const sender = startSender(server.port('plaintext'));
  await eventually('the first point of the agent', 60_000, agentPoints);
  const from = Math.floor(Date.now() / 1000) + 1;
  await delay(2000);
  const { exitCode, stdout, stderr } = await server.dkmadmin('update', '--from', tarball);
  assert.equal(exitCode, 0, stdout + stderr);
  assert.match(stdout, /every service is ready/);
  assert.equal(installedVersion(), '2.0.0');
  await delay(2000);
  const until = Math.floor(Date.now() / 1000);
  const sent = await sender.stop();
  assert.ok(sender.connections > 1, 'the listener was away');
  const seconds = await eventually('a point of the agent for every second', 60_000, async () => {
    const slots = (await agentPoints())?.filter(([, at]) => at >= from && at <= until) ?? [];
    return slots.length > 0 && slots.every(([value]) => value !== null) ? slots.length : undefined;
  });
  const missing = await sender.missing(server);
  console.log(
    `${sent} points by TCP on ${sender.connections} connections, ${missing.length} missing; ` +
      `${seconds} points of the agent, none missing`,
  );
  assert.deepEqual(missing, []);
});

test('a version that dies after a while is taken back by itself, without losing a point', async () => {
  const kit = kitOfVersion(sandbox, '3.0.0', (root) => {
    const body = readFileSync(join(root, 'lib/carbonapi.js'), 'utf8');
    const dies = "setTimeout(() => { console.error('broken release'); process.exit(1); }, 3000);";
    const guarded = `if (!process.argv.includes('--check-config')) ${dies}`;
    replaceFile(root, 'lib/carbonapi.js', `${body}\n${guarded}\n`);
  });
  const before = await copyOfConf();
  const sender = startSender(server.port('plaintext'));
  const { exitCode, stderr } = await server.dkmadmin('update', '--from', kit);
  assert.equal(exitCode, 1, stderr);
  assert.match(
    stderr,
    /version 3\.0\.0 does not run well, so version 2\.0\.0 was put back and runs/,
  );
  assert.match(stderr, /carbonapi/);
  assert.equal(installedVersion(), '2.0.0');
  assert.ok(await allReady());
  await assertSameConf(before);
  const sent = await sender.stop();
  const missing = await sender.missing(server);
  console.log(`${sent} points on ${sender.connections} connections, ${missing.length} missing`);
  assert.deepEqual(missing, []);
  rmSync(kit, { recursive: true });
});

test('dkmadmin rollback goes back to the version before', async () => {
  const { exitCode, stdout, stderr } = await server.dkmadmin('rollback');
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /2\.0\.0 -> 1\.5\.0/);
  assert.equal(installedVersion(), '1.5.0');
  assert.ok(await allReady());
  await sendAndRead(server, 'load.after.rollback', 1);
});

test('an older version only by force', async () => {
  for (const refused of [
    await server.dkmadmin('update', '--from', sandbox.kit),
    await sandbox.run(join(sandbox.kit, 'installer'), ['-u', '-d', server.home]),
  ]) {
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /version 1\.5\.0.*older 1\.0\.0.*--force/);
  }
  assert.equal(installedVersion(), '1.5.0');
  const forced = await server.dkmadmin('update', '--from', sandbox.kit, '--force', '--watch', '1');
  assert.equal(forced.exitCode, 0, forced.stdout + forced.stderr);
  assert.equal(installedVersion(), '1.0.0');
  assert.ok(await allReady());
});
