// Backups of a running instance under load, and what a restore of them gives in another directory on
// other ports; data taken over from the originals.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  closeWhisper,
  createWhisper,
  openWhisper,
  parseRetentions,
  updateMany,
} from '../../bundle/whisper/index.ts';
import { logIn } from './dashboards-client.ts';
import { type Installed, install, instanceIn } from './installed.ts';
import {
  eventually,
  freeBasePort,
  type RunResult,
  render,
  type Sandbox,
  unpackedKit,
  valuesOf,
} from './instance.ts';
import { type Sender, senderRule, startSender } from './sender.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await unpackedKit();
});
after(() => sandbox.remove());

const good = ({ exitCode, stdout, stderr }: RunResult): string => {
  assert.equal(exitCode, 0, stdout + stderr);
  return stdout;
};

describe('backup and restore', () => {
  let server: Installed;
  let restored: Installed;
  let sender: Sender;
  let destination: string;
  /** Points below this value were journalled before the last backup began. */
  let safe = 0;
  let safeUntil = 0;

  const events = async (instance: Installed): Promise<unknown> => {
    const answer = await fetch(
      `http://127.0.0.1:${instance.port('carbonapi')}/events/get_data?from=-1h`,
    );
    return answer.json();
  };
  const backups = (): string[] =>
    readdirSync(destination)
      .sort()
      .map((name) => join(destination, name));
  async function backup(...words: string[]): Promise<string> {
    safe = sender.next();
    safeUntil = Math.floor(Date.now() / 1000) - 1;
    // Longer than carbon's journal waits before it writes.
    await delay(1500);
    return good(await server.dkmadmin('backup', destination, ...words));
  }

  before(async () => {
    server = await install(sandbox, join(sandbox.directory, 'server'), '-t', 'server');
    destination = join(sandbox.directory, 'backups');
    const rules = join(server.home, 'conf/storage-schemas.conf');
    writeFileSync(rules, senderRule + readFileSync(rules, 'utf8'));
    await server.start();
    const password = readFileSync(join(server.home, 'conf/secrets/admin-password'), 'utf8').trim();
    const admin = await logIn(server, 'admin', password);
    await admin.ask('POST', '/api/users', {
      name: 'eve',
      password: 'a long enough one',
      role: 'viewer',
    });
    await admin.ask('POST', '/api/dashboards/db', {
      dashboard: { title: 'Made by hand', uid: 'made-by-hand', panels: [] },
    });
    const event = await fetch(`http://127.0.0.1:${server.port('carbonapi')}/events/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ what: 'deployed', tags: ['release'], data: 'v1' }),
    });
    assert.equal(event.status, 200, await event.text());
    sender = startSender(server.port('plaintext'));
    await delay(2000);
  });
  after(async () => {
    await sender.stop();
    for (const instance of [server, restored]) await instance?.dkm('stop');
  });

  test('under load, full and then incremental', async () => {
    const full = await backup();
    await delay(1000);
    const incremental = await backup('--incremental');
    assert.match(full, /\d+ files/);
    assert.match(incremental, /\d+ of them unchanged .* shared/);
    const [one = '', two = ''] = backups();
    const inode = (directory: string, path: string): number => statSync(join(directory, path)).ino;
    assert.equal(inode(one, 'conf/carbon.yml'), inode(two, 'conf/carbon.yml'));
    console.log(`${full.trim()}\n${incremental.trim()}`);
    good(await server.dkmadmin('restore', destination, '--verify'));
  });

  test('restored beside the running original, with --verify', async () => {
    const home = join(sandbox.directory, 'restored');
    restored = instanceIn(sandbox, home, await freeBasePort());
    const words = ['restore', destination, '--to', home, '--port', String(restored.base)];
    assert.match(good(await server.dkmadmin(...words, '--verify')), /verified \d+ files/);
    await restored.start();
    await sender.stop();
    assert.deepEqual(await sender.missing(server), []);
    const missing = (await sender.missing(restored)).filter((value) => value < safe);
    console.log(`${safe} points sent before the backup, ${missing.length} missing`);
    assert.deepEqual(missing, []);
  });

  test('series, dashboards, events and users are those of the original', async () => {
    const points = async (instance: Installed): Promise<Map<string, [number | null, number][]>> =>
      new Map(
        (await render(instance.port('carbonapi'), 'load.*', '-55min')).map((series) => [
          series.target,
          series.datapoints.filter(([value, at]) => value !== null && at <= safeUntil),
        ]),
      );
    assert.deepEqual(await points(restored), await points(server));
    assert.deepEqual(await events(restored), await events(server));
    const [there, here] = [
      await logIn(server, 'eve', 'a long enough one'),
      await logIn(restored, 'eve', 'a long enough one'),
    ];
    for (const path of ['/api/search', '/api/dashboards/uid/made-by-hand'])
      assert.deepEqual(await here.ask('GET', path), await there.ask('GET', path), path);
  });
});

describe('import', () => {
  const now = Math.floor(Date.now() / 60_000) * 60;
  function makeSeries(path: string, value: number): void {
    mkdirSync(dirname(path), { recursive: true });
    createWhisper(path, { archives: parseRetentions('1m:1d') });
    const handle = openWhisper(path);
    updateMany(handle, [now - 120], [value], 1, now);
    closeWhisper(handle);
  }
  function makeRules(directory: string, name: string): void {
    mkdirSync(directory, { recursive: true });
    const rule = `[${name}]\npattern = ^${name}\\.\nretentions = 1m:2d\n`;
    writeFileSync(join(directory, 'storage-schemas.conf'), rule);
  }

  const layouts: Record<string, (root: string) => void> = {
    dkumonitor: (root) => {
      makeSeries(join(root, 'storage/whisper/dkumonitor/a.wsp'), 11);
      makeRules(join(root, 'conf'), 'dkumonitor');
      mkdirSync(join(root, 'dashboards'));
      const old = { title: 'From before', uid: 'from-before', panels: [] };
      writeFileSync(join(root, 'dashboards/before.json'), JSON.stringify(old));
    },
    'go-carbon': (root) => {
      makeSeries(join(root, 'data/go-carbon/a.wsp'), 22);
      makeRules(join(root, 'etc'), 'go-carbon');
    },
    'graphite-web': (root) => {
      makeSeries(join(root, 'storage/whisper/graphite-web/a.wsp'), 33);
      makeRules(join(root, 'conf'), 'graphite-web');
    },
  };

  test('the series of all three originals can be read, the dashboards opened', async () => {
    const instance = await install(sandbox, join(sandbox.directory, 'new'), '-t', 'server');
    for (const [name, make] of Object.entries(layouts)) {
      const root = join(sandbox.directory, `old-${name}`);
      make(root);
      const said = good(await instance.dkmadmin('import', '--from', root));
      assert.match(said, /1 copied, 0 merged, 0 there already/, name);
      assert.match(said, /storage rules: .*storage-schemas\.conf/, name);
    }
    await instance.start();
    try {
      for (const [index, name] of Object.keys(layouts).entries()) {
        await eventually(name, 20_000, async () => {
          const [series] = await render(instance.port('carbonapi'), `${name}.a`, '-1h');
          return valuesOf(series).includes((index + 1) * 11) ? true : undefined;
        });
      }
      const password = readFileSync(
        join(instance.home, 'conf/secrets/admin-password'),
        'utf8',
      ).trim();
      const admin = await logIn(instance, 'admin', password);
      const found = JSON.stringify(await admin.ask('GET', '/api/search'));
      assert.match(found, /From before/);
    } finally {
      await instance.dkm('stop');
    }
  });
});
