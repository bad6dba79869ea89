// Log files become metrics: rotation, truncation, kept positions, the JupyterHub rules.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningInput } from '../../../../bundle/agent/inputs/input.ts';
import { logs } from '../../../../bundle/agent/inputs/logs/index.ts';
import { valueTypes } from '../../../../bundle/agent/value-types.ts';
import { silentLogger } from '../../../../bundle/core/log.ts';

function workspace(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'dkm-logs-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function start(t: TestContext, directory: string, files: Record<string, unknown>) {
  const points = new Map<string, number>();
  const storage = join(directory, 'state');
  mkdirSync(storage, { recursive: true });
  const config = logs.options.parse({
    pollSeconds: 0.02,
    flushInterval: 1000,
    files: [{ prefix: 'l', ...files }],
  });
  const input: RunningInput = await logs.start(config, {
    log: silentLogger,
    hostName: 'h',
    intervalMs: 1000,
    types: valueTypes,
    now: Date.now,
    emit: () => {},
    emitPoint: (name, value) => points.set(name, value),
    storageDirectory: () => storage,
  });
  t.after(() => input.stop());
  const lines = (): number => input.statistics?.()['lines'] ?? 0;
  return { points, input, lines, counts: () => input.statistics?.() ?? {} };
}

async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !check(); i++) await delay(10);
  assert.ok(check(), 'it did not happen in 10 s');
}

const hits = [{ regex: 'hit', name: 'hits' }];

test('appended lines count, those from before do not, unless asked for', async (t) => {
  const directory = workspace(t);
  const path = join(directory, 'a.log');
  writeFileSync(path, 'hit old\n');
  const end = await start(t, directory, { paths: [path], rules: hits });
  appendFileSync(path, 'hit 1\nhi');
  appendFileSync(path, 't 2\nmiss\n');
  await until(() => end.lines() === 3);
  await end.input.stop();
  assert.equal(end.points.get('l.hits.count'), 2);
  const whole = await start(t, workspace(t), { paths: [path], rules: hits, from: 'start' });
  await whole.input.stop();
  assert.equal(whole.points.get('l.hits.count'), 3);
});

test('rotation by rename loses nothing, truncation begins anew', async (t) => {
  const directory = workspace(t);
  const path = join(directory, 'a.log');
  writeFileSync(path, '');
  const { points, input, lines, counts } = await start(t, directory, {
    paths: [path],
    rules: hits,
  });
  appendFileSync(path, 'hit 1\n');
  await until(() => lines() === 1);
  appendFileSync(path, 'hit 2\nhit 3 without end');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'hit 4\nhit 5\n');
  await until(() => lines() === 5);
  assert.equal(counts()['rotations'], 1);
  truncateSync(path, 0);
  await until(() => counts()['truncations'] === 1);
  appendFileSync(path, 'hit 6\n');
  await until(() => lines() === 6);
  await input.stop();
  assert.equal(points.get('l.hits.count'), 6);
});

test('a file rewritten between two looks, as long as before or longer, begins anew', async (t) => {
  const directory = workspace(t);
  const path = join(directory, 'a.log');
  writeFileSync(path, '');
  const { points, input, lines, counts } = await start(t, directory, {
    paths: [path],
    rules: hits,
  });
  appendFileSync(path, 'hit 1\nhit 2\n');
  await until(() => lines() === 2);
  writeFileSync(path, 'hit 3\nhit 4\n');
  await until(() => lines() === 4);
  writeFileSync(path, 'hit 5\nhit 6\nhit 7\n');
  await until(() => lines() === 7);
  assert.equal(counts()['truncations'], 2);
  await input.stop();
  assert.equal(points.get('l.hits.count'), 7);
});

test('a file rotated while nobody looked is read to its end first', async (t) => {
  const directory = workspace(t);
  const path = join(directory, 'a.log');
  writeFileSync(path, 'hit 1\n');
  const first = await start(t, directory, { paths: [path], rules: hits, from: 'start' });
  await first.input.stop();
  appendFileSync(path, 'hit 2\nhit 3');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'hit 4\n');
  const second = await start(t, directory, { paths: [path], rules: hits });
  await second.input.stop();
  assert.equal(second.points.get('l.hits.count'), 3);
});

test('the position survives a restart, and lines written meanwhile are taken', async (t) => {
  const directory = workspace(t);
  const path = join(directory, 'a.log');
  writeFileSync(path, '');
  const first = await start(t, directory, { paths: [path], rules: hits });
  appendFileSync(path, 'hit 1\nhit ha');
  await until(() => first.lines() === 1);
  await first.input.stop();
  appendFileSync(path, 'lf\nhit 3\n');
  const second = await start(t, directory, { paths: [path], rules: hits });
  await second.input.stop();
  assert.equal(second.points.get('l.hits.count'), 2);
});

test('a file that appears under a glob is read from its start', async (t) => {
  const directory = workspace(t);
  const { lines } = await start(t, directory, { paths: [join(directory, '*.log')], rules: hits });
  writeFileSync(join(directory, 'new.log'), 'hit 1\nhit 2\n');
  await until(() => lines() === 2);
});

test('timers, gauges, sets and names from groups', async (t) => {
  const directory = workspace(t);
  const path = join(directory, 'a.log');
  writeFileSync(
    path,
    'GET /a.b 200 12.5ms user=ann\nGET /x 500 7.5ms user=bob\nqueue 17\nGET /bad 200 xms\n',
  );
  const { points, input, counts } = await start(t, directory, {
    paths: [path],
    from: 'start',
    rules: [
      { regex: '^GET /(?P<page>\\S+) (?P<status>\\d+)', name: 'page.${page}.${status}' },
      { regex: '^GET \\S+ \\d+ (?P<ms>\\S+)ms', name: 'time', type: 'timer', value: '${ms}' },
      { regex: '^queue (?P<n>\\d+)', name: 'queue', type: 'gauge', value: '${n}', scale: 10 },
      { regex: 'user=(?P<user>\\w+)', name: 'users', type: 'set', value: '${user}' },
    ],
  });
  await input.stop();
  assert.equal(points.get('l.page.a_b.200.count'), 1);
  assert.equal(points.get('l.page.x.500.count'), 1);
  assert.equal(points.get('l.time.mean'), 10);
  assert.equal(points.get('l.queue'), 170);
  assert.equal(points.get('l.users.count'), 2);
  assert.equal(counts()['badValues'], 1);
});

test('JupyterHub’s log fills the Hub’s metrics', async (t) => {
  const directory = workspace(t);
  const path = join(directory, 'hub.log');
  writeFileSync(path, readFileSync(new URL('fixtures/jupyterhub.log', import.meta.url)));
  const { points, input } = await start(t, directory, {
    paths: [path],
    from: 'start',
    prefix: 'jupyterhub',
    ruleSet: 'jupyterhub',
  });
  await input.stop();
  const expected = {
    'login.success.count': 1,
    'login.failure.count': 1,
    'logout.count': 1,
    'spawn.time.mean': 3200,
    'spawn.success.count': 1,
    'spawn.failure.count': 1,
    'stop.time.upper': 1250,
    'stop.exit_code_1.count': 1,
    'requests.200.count': 3,
    'requests.302.count': 2,
    'request_time.GET.count': 4,
    'request_time.POST.upper': 310.5,
    'users_active.count': 2,
    'exceptions.TimeoutError.count': 1,
    'lines.W.count': 3,
    'lines.E.count': 1,
  };
  for (const [name, value] of Object.entries(expected))
    assert.equal(points.get(`jupyterhub.${name}`), value, name);
});

test('hostile lines and rules', async (t) => {
  const directory = workspace(t);
  const path = join(directory, 'a.log');
  writeFileSync(
    path,
    Buffer.concat([Buffer.alloc(1_000_000, 'x'), Buffer.from('\nhit \0\xff\nhit ../../etc\n')]),
  );
  const { input, counts, points } = await start(t, directory, {
    paths: [path],
    from: 'start',
    rules: [{ regex: 'hit (?P<what>.*)', name: 'hits.${what}' }],
  });
  await input.stop();
  assert.equal(counts()['longLines'], 1);
  assert.ok(
    [...points.keys()].every((name) => /^l\.hits\.[\w-]+\.(count|rate)$/.test(name)),
    [...points.keys()].join(' '),
  );
  await assert.rejects(
    start(t, directory, { paths: ['x'], rules: [{ regex: '(a', name: 'x' }] }),
    /regular expression "\(a"/,
  );
  await assert.rejects(
    start(t, directory, { paths: ['x'], ruleSet: 'jupyter' }),
    /did you mean "jupyterhub"/,
  );
});
