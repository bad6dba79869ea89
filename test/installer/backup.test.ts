// dkmadmin backup, restore and import.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import {
  closeWhisper,
  createWhisper,
  fetchSeries,
  openWhisper,
  parseRetentions,
  updateMany,
} from '../../bundle/whisper/index.ts';
import { freeBasePort } from './free-base-port.ts';
import { type Answer, type KitForTests, makeKit, rootFlag, run } from './kit-for-tests.ts';

let kit: KitForTests;
let home: string;
let basePort: number;
let destination: string;
let database: DatabaseSync;
const now = Math.floor(Date.now() / 60_000) * 60;

function makeSeries(path: string, at: number, value: number): void {
  mkdirSync(dirname(path), { recursive: true });
  createWhisper(path, { archives: parseRetentions('1m:1d') });
  const handle = openWhisper(path);
  updateMany(handle, [at], [value], 1, now);
  closeWhisper(handle);
}
const valueAt = (path: string, at: number): number | undefined =>
  fetchSeries(path, at - 60, at, now)?.values[0];

before(async () => {
  kit = await makeKit();
  home = kit.place;
  destination = `${kit.place}-backups`;
  basePort = await freeBasePort();
  const words = ['-d', home, '-p', String(basePort), '-t', 'backend', ...rootFlag];
  assert.equal((await run(join(kit.root, 'installer'), words)).code, 0);
  makeSeries(join(home, 'storage/whisper/a/b.wsp'), now - 120, 7);
  mkdirSync(join(home, 'storage/metric-index'));
  writeFileSync(join(home, 'storage/metric-index/names.snapshot'), 'x');
  mkdirSync(join(home, 'storage/journal'));
  writeFileSync(join(home, 'storage/journal/1'), 'points');
  database = new DatabaseSync(join(home, 'storage/events.db'));
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE event (what TEXT)');
  database.prepare('INSERT INTO event VALUES (?)').run('only in the write-ahead log');
  appendFileSync(join(home, 'conf/carbon.yml'), '# my note\n');
});
after(() => {
  database.close();
  kit.remove();
});

const dkmadmin = (...words: string[]): Promise<Answer> => run(join(home, 'bin/dkmadmin'), words);
const backups = (): string[] =>
  readdirSync(destination)
    .sort()
    .map((name) => join(destination, name));

describe('backup', () => {
  test('holds configuration, data and secrets, nothing of run, for the owner alone', async () => {
    const { code, stderr } = await dkmadmin('backup', destination);
    assert.equal(code, 0, stderr);
    const [backup = ''] = backups();
    for (const path of [
      'conf/carbon.yml',
      'conf/secrets/admin-password',
      'dashboards/system.json',
      'storage/whisper/a/b.wsp',
      'storage/journal/1',
    ]) {
      assert.deepEqual(readFileSync(join(backup, path)), readFileSync(join(home, path)), path);
    }
    assert.ok(
      !existsSync(join(backup, 'storage/metric-index')) && !existsSync(join(backup, 'run')),
    );
    assert.equal(statSync(backup).mode & 0o777, 0o700);
    const copy = new DatabaseSync(join(backup, 'storage/events.db'), { readOnly: true });
    assert.equal(
      copy.prepare('SELECT what FROM event').get()?.['what'],
      'only in the write-ahead log',
    );
    copy.close();
  });

  test('an incremental one shares what did not change', async () => {
    const handle = openWhisper(join(home, 'storage/whisper/a/b.wsp'));
    updateMany(handle, [now - 60], [8], 1, now);
    closeWhisper(handle);
    const { code, stdout } = await dkmadmin('backup', destination, '--incremental');
    assert.equal(code, 0);
    assert.match(stdout, /shared with it/);
    const [first = '', second = ''] = backups();
    const inode = (backup: string, path: string): number => statSync(join(backup, path)).ino;
    assert.equal(inode(first, 'conf/carbon.yml'), inode(second, 'conf/carbon.yml'));
    assert.notEqual(
      inode(first, 'storage/whisper/a/b.wsp'),
      inode(second, 'storage/whisper/a/b.wsp'),
    );
    assert.ok(Number.isNaN(valueAt(join(first, 'storage/whisper/a/b.wsp'), now - 60)));
    assert.equal(valueAt(join(second, 'storage/whisper/a/b.wsp'), now - 60), 8);
  });

  test('refuses a destination inside the data', async () => {
    const { code } = await dkmadmin('backup', join(home, 'storage/backups'));
    assert.equal(code, 2);
  });
});

describe('restore', () => {
  test('into another directory on another port; edits survive, ports follow', async () => {
    const to = `${kit.place}-restored`;
    const port = await freeBasePort();
    const { code, stdout, stderr } = await dkmadmin(
      'restore',
      destination,
      '--to',
      to,
      '--port',
      String(port),
      '--verify',
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /verified \d+ files/);
    assert.equal(valueAt(join(to, 'storage/whisper/a/b.wsp'), now - 60), 8);
    assert.equal(
      readFileSync(join(to, 'conf/carbon.yml'), 'utf8'),
      `port: ${port + 1}\n# my note\n`,
    );
    assert.equal(
      readFileSync(join(to, 'conf/secrets/admin-password'), 'utf8'),
      readFileSync(join(home, 'conf/secrets/admin-password'), 'utf8'),
    );
    const dkm = join(to, 'bin/dkm');
    assert.equal((await run(dkm, ['start'])).code, 0);
    assert.equal((await run(dkm, ['stop'])).code, 0);
    const again = await dkmadmin('restore', destination, '--to', to);
    assert.equal(again.code, 69, 'an instance is never overwritten');
  });

  test('--verify finds a damaged file', async () => {
    assert.equal((await dkmadmin('restore', destination, '--verify')).code, 0);
    const latest = backups().at(-1) ?? '';
    appendFileSync(join(latest, 'storage/journal/1'), 'rot');
    const { code, stderr } = await dkmadmin('restore', latest, '--verify');
    assert.equal(code, 1);
    assert.match(stderr, /damaged: storage\/journal\/1/);
    assert.equal((await dkmadmin('restore', destination)).code, 2);
    assert.equal((await dkmadmin('restore', home, '--verify')).code, 2);
  });
});

describe('import', () => {
  test("from an original dkumonitor: series, rules, dashboards, Grafana's database", async () => {
    const old = `${kit.place}-old`;
    makeSeries(join(old, 'storage/whisper/a/b.wsp'), now - 600, 3);
    makeSeries(join(old, 'storage/whisper/old/host.wsp'), now - 600, 4);
    writeFileSync(join(old, 'storage/whisper/broken.wsp'), 'not whisper');
    mkdirSync(join(old, 'conf'));
    writeFileSync(
      join(old, 'conf/storage-schemas.conf'),
      '[all]\npattern = .*\nretentions = 5m:30d\n',
    );
    mkdirSync(join(old, 'dashboards'));
    writeFileSync(join(old, 'dashboards/mine.json'), '{"panels":[]}');
    const grafana = new DatabaseSync(join(old, 'storage/grafana.db'));
    grafana.exec('CREATE TABLE dashboard (slug TEXT, data TEXT)');
    grafana.prepare('INSERT INTO dashboard VALUES (?, ?)').run('in-database', '{"panels":[]}');
    grafana.prepare('INSERT INTO dashboard VALUES (?, ?)').run('a-folder', '{"title":"x"}');
    grafana.close();

    const { code, stdout, stderr } = await dkmadmin('import', '--from', old);
    assert.equal(code, 1, 'the broken file is reported');
    assert.match(stderr, /broken\.wsp/);
    assert.match(stdout, /1 copied, 0 merged, 1 there already/);
    assert.equal(valueAt(join(home, 'storage/whisper/old/host.wsp'), now - 600), 4);
    assert.match(readFileSync(join(home, 'conf/storage-schemas.conf'), 'utf8'), /5m:30d/);
    assert.deepEqual(readdirSync(join(home, 'dashboards')).sort(), [
      'in-database.json',
      'mine.json',
      'system.json',
    ]);
    assert.ok(!existsSync(join(home, 'storage/metric-index')));

    const merged = await dkmadmin('import', '--from', old, '--merge');
    assert.match(merged.stdout, /0 copied, 2 merged/);
    assert.equal(valueAt(join(home, 'storage/whisper/a/b.wsp'), now - 600), 3);
    assert.equal(valueAt(join(home, 'storage/whisper/a/b.wsp'), now - 60), 8);
  });

  test('from nothing', async () => {
    const { code, stderr } = await dkmadmin('import', '--from', join(home, 'run'));
    assert.equal(code, 1);
    assert.match(stderr, /no Whisper files/);
  });
});
