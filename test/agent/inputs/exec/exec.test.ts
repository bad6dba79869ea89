// Commands on a schedule: real processes, real plugins where they are installed.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { exec } from '../../../../bundle/agent/inputs/exec/index.ts';
import { valueTypes } from '../../../../bundle/agent/value-types.ts';
import { silentLogger } from '../../../../bundle/core/log.ts';

async function start(t: TestContext, ...commands: Record<string, unknown>[]) {
  const points = new Map<string, number>();
  const directory = mkdtempSync(join(tmpdir(), 'dkm-exec-'));
  const input = await exec.start(
    exec.options.parse({ commands: commands.map((command) => ({ interval: 1000, ...command })) }),
    {
      log: silentLogger,
      hostName: 'org.web1',
      intervalMs: 1000,
      types: valueTypes,
      now: Date.now,
      emit: () => {},
      emitPoint: (name, value) => points.set(name, value),
      storageDirectory: () => directory,
    },
  );
  t.after(async () => {
    await input.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return { points, input, directory, counts: () => input.statistics?.() ?? {} };
}

async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !check(); i++) await delay(10);
  assert.ok(check(), 'it did not happen in 10 s');
}

test('Graphite lines get the prefix, bad ones cost their neighbours nothing', async (t) => {
  const { points, counts } = await start(t, {
    name: 'queue',
    command: "printf 'depth 5\\nbroken\\nage 1.5 -1\\n'",
  });
  await until(() => counts()['runs'] === 1);
  assert.deepEqual(
    [...points],
    [
      ['exec.org.web1.queue.depth', 5],
      ['exec.org.web1.queue.age', 1.5],
    ],
  );
  assert.equal(counts()['badLines'], 1);
});

test('JSON becomes names by its keys', async (t) => {
  const json = '{"a": {"b c": 1, "on": true, "text": "x"}, "list": [3, null]}';
  const { points, counts } = await start(t, {
    name: 'app',
    command: ['/bin/echo', json],
    format: 'json',
    prefix: 'apps.{name}',
  });
  await until(() => counts()['runs'] === 1);
  assert.deepEqual(
    [...points],
    [
      ['apps.app.a.b_c', 1],
      ['apps.app.a.on', 1],
      ['apps.app.list.0', 3],
    ],
  );
});

test('a Nagios plugin’s state is a series too', async (t) => {
  const { points, counts } = await start(t, {
    name: 'disk',
    command: 'echo "WARN | \'/\'=5%;80;90 /home=1KB;;"; exit 1',
    format: 'nagios',
  });
  await until(() => counts()['runs'] === 1);
  assert.deepEqual(
    [...points],
    [
      ['nagios.org.web1.disk._', 5],
      ['nagios.org.web1.disk._home', 1024],
      ['nagios.org.web1.disk.state', 1],
    ],
  );
  assert.equal(counts()['failures'], 0);
});

const plugin = '/usr/lib/nagios/plugins/check_load';
test('a real plugin', {
  skip: existsSync(plugin) ? false : 'monitoring-plugins is not installed',
}, async (t) => {
  const { points, counts } = await start(t, {
    name: 'load',
    command: [plugin, '-w', '1000', '-c', '2000'],
    format: 'nagios',
  });
  await until(() => counts()['runs'] === 1);
  assert.equal(points.get('nagios.org.web1.load.state'), 0);
  assert.ok(points.has('nagios.org.web1.load.load1'));
});

function processesNamed(text: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  }).length;
}

test('a command that hangs is killed with all its children', async (t) => {
  const mark = `31${process.pid}`;
  const { points, counts } = await start(t, {
    name: 'slow',
    command: `sleep ${mark} & sleep ${mark}; echo never 1`,
    timeout: 0.3,
    format: 'nagios',
  });
  await until(() => counts()['timeouts'] === 1);
  await until(() => processesNamed(mark) === 0);
  assert.equal(points.get('nagios.org.web1.slow.state'), 3);
});

test('floods and missing programs are failures, and the others go on', async (t) => {
  const { points, counts } = await start(
    t,
    { name: 'flood', command: 'yes' },
    { name: 'missing', command: ['/no/such/program'] },
    { name: 'fine', command: 'echo x 1' },
  );
  await until(() => counts()['runs'] === 3);
  assert.equal(counts()['failures'], 2);
  assert.equal(points.get('exec.org.web1.fine.x'), 1);
});

test('the schedule repeats, and stopping kills what runs', async (t) => {
  const mark = `32${process.pid}`;
  const { input, counts } = await start(
    t,
    { name: 'often', command: 'echo x 1', interval: 0.05 },
    { name: 'long', command: `sleep ${mark}` },
  );
  await until(() => (counts()['runs'] ?? 0) >= 3 && processesNamed(mark) > 0);
  await input.stop();
  await until(() => processesNamed(mark) === 0);
});
