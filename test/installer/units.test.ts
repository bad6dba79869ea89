// The small parts of the installer, by themselves.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkHostname, findHostname, reverseHostname } from '../../installer/hostname.ts';
import { createInstallLog } from '../../installer/install-log.ts';
import { planInstallation } from '../../installer/install-plan.ts';
import { compareVersions } from '../../installer/kit-version.ts';
import { neededPorts } from '../../installer/ports.ts';

describe('host name', () => {
  test('reversed by its dots', () => {
    assert.equal(reverseHostname('db1.example.org'), 'org.example.db1');
    assert.equal(reverseHostname('db1'), 'db1');
  });

  test('what cannot stand in a metric name is refused', () => {
    for (const name of ['', 'a b', 'a..b', '.a', 'a/b', 'a;b', 'a\nb', "a'b"]) {
      assert.throws(() => checkHostname(name), /not a host name/, JSON.stringify(name));
    }
    assert.equal(checkHostname('node-7_x.example'), 'node-7_x.example');
  });

  test('hostname -f that fails or says nonsense: the short name and a warning', () => {
    for (const answer of [undefined, '', 'localhost', 'localhost.localdomain', 'a b', '(none)']) {
      const { name, warning } = findHostname(() => answer);
      assert.ok(name.length > 0);
      assert.match(warning ?? '', /--hostname/);
    }
    assert.deepEqual(
      findHostname(() => 'a.b.c'),
      { name: 'a.b.c', warning: undefined },
    );
    assert.match(findHostname(() => 'short').warning ?? '', /without a domain/);
  });
});

test('versions in their order', () => {
  const sorted = ['0.9.0', '1.0.0-rc1', '1.0.0-rc2', '1.0.0', '1.0.1', '1.2.0', '1.10.0', '2.0.0'];
  assert.deepEqual([...sorted].reverse().sort(compareVersions), sorted);
  assert.equal(compareVersions('1.0.0', '1.0.0'), 0);
});

test('the ports of a type are those of its services', () => {
  const f = (type: Parameters<typeof neededPorts>[0], want: string[]): void =>
    assert.deepEqual(
      neededPorts(type, 100).map(({ port, transport }) => `${port}/${transport}`),
      want,
    );
  f('all', ['100/tcp', '101/tcp', '101/udp', '102/tcp', '103/tcp']);
  f('backend', ['101/tcp', '101/udp', '102/tcp', '103/tcp']);
  f('frontend', ['100/tcp']);
  f('agent', []);
});

test('the plan: addresses, server, defaults', () => {
  const plan = (options: Parameters<typeof planInstallation>[0]) =>
    planInstallation({ directory: 'd', port: '100', hostname: 'h', ...options }).instance;
  assert.equal(plan({}).type, 'server');
  assert.deepEqual(plan({ bind: '127.0.0.1', carbonapiListen: '::' }).listen, {
    carbon: '127.0.0.1',
    carbonapi: '::',
    dashboards: '127.0.0.1',
  });
  const server = (text: string) => plan({ type: 'agent', carbonServer: text }).carbonServer;
  assert.deepEqual(server('mon.example'), { host: 'mon.example', basePort: 100 });
  assert.deepEqual(server('mon.example:200'), { host: 'mon.example', basePort: 200 });
  assert.deepEqual(server('[::1]:200'), { host: '::1', basePort: 200 });
  for (const wrong of ['', 'a b', 'a:b', 'a:1:2', 'a:99999', "a'"]) {
    assert.throws(() => server(wrong), Error, JSON.stringify(wrong));
  }
});

test('the log keeps its lines until it knows its file, in the form of the original', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-log-'));
  try {
    const log = createInstallLog(() => new Date(2026, 0, 2, 3, 4, 5));
    log.add('first');
    log.writeTo(join(directory, 'run/install.log'));
    log.add('second');
    assert.equal(
      readFileSync(join(directory, 'run/install.log'), 'utf8'),
      '[+] 2026-01-02 03:04:05 - first\n[+] 2026-01-02 03:04:05 - second\n',
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
