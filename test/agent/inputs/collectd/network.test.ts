// Debian's collectd sends to our network input: plain, signed, encrypted, with a wrong password.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { collectdNetwork } from '../../../../bundle/agent/inputs/collectd/index.ts';
import type { ValueList } from '../../../../bundle/agent/value-list.ts';
import { valueTypes } from '../../../../bundle/agent/value-types.ts';
import { silentLogger } from '../../../../bundle/core/log.ts';

const daemon = ['/usr/sbin/collectd', '/usr/bin/collectd'].find(existsSync);
const skip = daemon === undefined ? 'collectd is not installed' : false;
const password = 'secret word';

async function receive(t: TestContext, level: 'none' | 'sign' | 'encrypt', clientLines: string) {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-collectd-'));
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  const authFile = join(directory, 'users');
  writeFileSync(authFile, `# agents\njoe: ${password}\n`);
  const lists: ValueList[] = [];
  const input = await collectdNetwork.start(
    collectdNetwork.options.parse({ listen: `127.0.0.1:${port}`, securityLevel: level, authFile }),
    {
      log: silentLogger,
      hostName: 'h',
      intervalMs: 1000,
      types: valueTypes,
      now: Date.now,
      emitPoint: () => {},
      emit: (list) => lists.push(list),
      storageDirectory: () => directory,
    },
  );
  const config = join(directory, 'collectd.conf');
  writeFileSync(
    config,
    `Hostname "db1.lab"\nFQDNLookup false\nInterval 1\nBaseDir "${directory}"\nPIDFile "${directory}/pid"\nTypesDB "/usr/share/collectd/types.db"\nLoadPlugin load\nLoadPlugin memory\nLoadPlugin interface\nLoadPlugin network\n<Plugin network>\n<Server "127.0.0.1" "${port}">\n${clientLines}\n</Server>\n</Plugin>\n`,
  );
  const child = spawn(daemon ?? '', ['-f', '-C', config], { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    await input.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return { lists, statistics: () => input.statistics?.() ?? {} };
}

async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 1500 && !check(); i++) await delay(10);
  assert.ok(check(), 'it did not happen in 15 s');
}

for (const [level, lines] of [
  ['none', ''],
  ['sign', `SecurityLevel "Sign"\nUsername "joe"\nPassword "${password}"`],
  ['encrypt', `SecurityLevel "Encrypt"\nUsername "joe"\nPassword "${password}"`],
] as const) {
  test(`collectd’s values arrive, ${level}`, { skip }, async (t) => {
    const { lists, statistics } = await receive(t, level, lines);
    await until(() =>
      ['load', 'memory', 'interface'].every((plugin) =>
        lists.some((list) => list.plugin === plugin),
      ),
    );
    const load = lists.find(({ plugin }) => plugin === 'load');
    assert.deepEqual(
      [load?.host, load?.type, load?.values.length, load?.kinds],
      ['db1.lab', 'load', 3, ['gauge', 'gauge', 'gauge']],
    );
    assert.ok(Math.abs((load?.timeMs ?? 0) - Date.now()) < 30_000);
    const octets = lists.find(({ type }) => type === 'if_octets');
    assert.deepEqual(octets?.kinds, ['derive', 'derive']);
    assert.equal(statistics()['badTypes'], 0);
    assert.deepEqual(
      Object.keys(statistics()).filter((name) => name.startsWith('rejected')),
      [],
    );
  });
}

test('a wrong password and missing protection are refused and counted', { skip }, async (t) => {
  const wrong = await receive(
    t,
    'encrypt',
    'SecurityLevel "Encrypt"\nUsername "joe"\nPassword "other"',
  );
  await until(() => (wrong.statistics()['rejected.bad-checksum'] ?? 0) > 0);
  const bare = await receive(t, 'sign', '');
  await until(() => (bare.statistics()['rejected.not-signed'] ?? 0) > 0);
  assert.deepEqual([wrong.lists.length, bare.lists.length], [0, 0]);
});

test('protection without users is a configuration error', async () => {
  const options = collectdNetwork.options.parse({ securityLevel: 'sign' });
  await assert.rejects(collectdNetwork.start(options, {} as never), /needs authFile/);
});
