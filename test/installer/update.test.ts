// dkmadmin update and rollback with a running instance.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SupervisorStatus } from '../../bundle/supervisor/protocol.ts';
import { freeBasePort } from './free-base-port.ts';
import { type Answer, type KitForTests, makeKit, rootFlag, run } from './kit-for-tests.ts';

let kit: KitForTests;
let home: string;
before(async () => {
  kit = await makeKit();
  home = kit.place;
  const words = ['-d', home, '-p', String(await freeBasePort()), '-t', 'backend', ...rootFlag];
  assert.equal((await run(join(kit.root, 'installer'), words)).code, 0);
  assert.equal((await dkm('start')).code, 0);
});
after(async () => {
  await dkm('stop');
  kit.remove();
});

const dkm = (...words: string[]): Promise<Answer> => run(join(home, 'bin/dkm'), words);
const dkmadmin = (...words: string[]): Promise<Answer> => run(join(home, 'bin/dkmadmin'), words);
const read = (path: string): string => readFileSync(join(home, path), 'utf8');
const state = async (name: string): Promise<string | undefined> => {
  const { services } = JSON.parse((await dkm('status', '--json')).stdout) as SupervisorStatus;
  return services.find((service) => service.name === name)?.state;
};

function newKit(version: string, change: (root: string) => void): string {
  const root = `${kit.root}-${version}`;
  cpSync(kit.root, root, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(root, 'VERSION'), `${version}\n`);
  change(root);
  return root;
}
const carbonTemplate = (root: string): string => join(root, 'templates/conf/carbon.yml.hbs');

test('a configuration the new version does not accept: nothing is changed', async () => {
  const root = newKit('2.0.0-bad', () => {});
  const good = read('conf/carbon.yml');
  appendFileSync(join(home, 'conf/carbon.yml'), 'portt: 1\n');
  const { code, stderr } = await dkmadmin('update', '--from', root);
  assert.equal(code, 78, stderr);
  assert.match(stderr, /conf\/carbon\.yml.*nothing was changed[\s\S]*unknown key "portt"/);
  assert.equal(readlinkSync(join(home, 'lib')).includes('2.0.0'), false);
  writeFileSync(join(home, 'conf/carbon.yml'), good);
  rmSync(root, { recursive: true });
});

test('a version whose service does not run is taken back by itself', async () => {
  const root = newKit('3.0.0', (at) => {
    const body = readFileSync(join(at, 'lib/carbon.js'), 'utf8');
    writeFileSync(
      join(at, 'lib/carbon.js'),
      `if (!process.argv.includes('--check-config')) { console.error('broken release'); process.exit(1); }\n${body}`,
    );
    appendFileSync(carbonTemplate(at), 'logLines: 3\n');
  });
  const before = read('conf/carbon.yml');
  const { code, stderr } = await dkmadmin('update', '--from', root);
  assert.equal(code, 1);
  assert.match(stderr, /was put back and runs/);
  assert.match(stderr, /broken release/);
  assert.equal(read('conf/carbon.yml'), before);
  assert.ok(!readlinkSync(join(home, 'lib')).includes('3.0.0'));
  assert.equal(await state('carbon'), 'ready');
  rmSync(root, { recursive: true });
});

test('a good version: edits survive, new defaults arrive, conflicts stay beside', async () => {
  const root = newKit('2.0.0', (at) => {
    appendFileSync(carbonTemplate(at), 'logLines: 2\n');
    const template = join(at, 'templates/conf/supervisor.yml.hbs');
    writeFileSync(template, readFileSync(template, 'utf8').replace('filesMax: 5', 'filesMax: 9'));
    const carbonapi = join(at, 'templates/conf/carbonapi.yml.hbs');
    writeFileSync(carbonapi, `# shipped\n${readFileSync(carbonapi, 'utf8')}`);
    writeFileSync(join(at, 'templates/conf/extra.conf.hbs'), 'new in {{version}}\n');
  });
  writeFileSync(
    join(home, 'conf/supervisor.yml'),
    read('conf/supervisor.yml').replace('filesMax: 5', 'filesMax: 7'),
  );
  writeFileSync(join(home, 'conf/carbonapi.yml'), `${read('conf/carbonapi.yml')}logLines: 1\n`);
  const mine = read('conf/supervisor.yml');

  const dry = await dkmadmin('update', '--from', root, '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.ok(!existsSync(join(home, 'conf/extra.conf')));

  const { code, stdout, stderr } = await dkmadmin('update', '--from', root, '--watch', '0.5');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /every service is ready/);
  assert.match(read('conf/carbon.yml'), /logLines: 2/, 'never edited: replaced');
  assert.match(read('conf/carbonapi.yml'), /^# shipped\n[\s\S]*logLines: 1\n$/, 'merged');
  assert.equal(read('conf/supervisor.yml'), mine, 'conflict: yours');
  assert.match(read('conf/supervisor.yml.new'), /filesMax: 9/);
  assert.equal(read('conf/extra.conf'), 'new in 2.0.0\n');
  assert.equal(readlinkSync(join(home, 'lib')), 'kits/2.0.0/lib');
  assert.equal(await state('carbon'), 'ready');
  const again = await dkmadmin('update');
  assert.equal(again.code, 2);
  rmSync(root, { recursive: true });
});

test('rollback goes back to the version and configuration before', async () => {
  const { code, stdout, stderr } = await dkmadmin('rollback');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /2\.0\.0 -> /);
  assert.ok(!read('conf/carbon.yml').includes('logLines: 2'));
  assert.ok(!existsSync(join(home, 'conf/extra.conf')));
  assert.equal(await state('carbon'), 'ready');
});

test('an older version only by force; data of a newer format never', async () => {
  const old = newKit('0.9.0', () => {});
  const refused = await dkmadmin('update', '--from', old);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--force/);
  const format = read('storage/FORMAT');
  writeFileSync(join(home, 'storage/FORMAT'), '2\n');
  const newer = await dkmadmin('update', '--from', old, '--force');
  assert.equal(newer.code, 1);
  assert.match(newer.stderr, /format 2/);
  writeFileSync(join(home, 'storage/FORMAT'), format);
  const nothing = await dkmadmin('update', '--from', join(home, 'conf/carbon.yml'));
  assert.match(nothing.stderr, /cannot unpack/);
});

test('from a tarball', async () => {
  const root = newKit('4.0.0', (at) => {
    rmSync(join(at, 'runtime/node'));
    writeFileSync(join(at, 'runtime/node'), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, {
      mode: 0o755,
    });
    rmSync(join(at, 'node_modules'));
    mkdirSync(join(at, 'node_modules'));
  });
  const tarball = `${root}.tar.gz`;
  assert.equal((await run('tar', ['czf', tarball, '-C', dirname(root), basename(root)])).code, 0);
  assert.equal((await dkm('stop')).code, 0);
  const { code, stdout, stderr } = await dkmadmin('update', '--from', tarball);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /does not run now/);
  assert.equal(readlinkSync(join(home, 'lib')), 'kits/4.0.0/lib');
  assert.equal((await dkm('status')).code, 3);
});

test('root keeps its hands off the instance of another user', {
  skip: rootFlag.length === 0 && 'needs root',
}, async () => {
  chownSync(home, 12345, 12345);
  for (const answer of [await dkm('start', '--allow-root'), await dkmadmin('rollback')]) {
    assert.equal(answer.code, 2);
    assert.match(answer.stderr, /belongs to the user with number 12345/);
  }
  chownSync(home, 0, 0);
});
