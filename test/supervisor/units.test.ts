// The small parts of the supervisor, by themselves.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { identify, isRunning } from '../../bundle/core/process-identity.ts';
import { lockOwner, takeLock } from '../../bundle/core/process-lock.ts';
import { askStatus, callSupervisor } from '../../bundle/supervisor/control-client.ts';
import { scrubEnvironment } from '../../bundle/supervisor/environment.ts';
import { fromHome } from '../../bundle/supervisor/kit.ts';
import { createLogRotation } from '../../bundle/supervisor/log-rotation.ts';
import { lastLines } from '../../bundle/supervisor/log-view.ts';
import { askDoor, parseProbe } from '../../bundle/supervisor/probe.ts';
import { formatBytes, formatDuration } from '../../bundle/supervisor/status-table.ts';

const directory = mkdtempSync(join(tmpdir(), 'dkm-units-'));
after(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

test('probes', () => {
  assert.deepEqual(parseProbe('tcp://127.0.0.1:80'), {
    kind: 'tcp',
    host: '127.0.0.1',
    port: 80,
    path: '/',
  });
  assert.deepEqual(parseProbe('http://[::1]:80/x?y'), {
    kind: 'http',
    host: '::1',
    port: 80,
    path: '/x?y',
  });
  for (const wrong of [
    '',
    'tcp:127.0.0.1:80',
    'tcp://host',
    'ftp://h:1',
    'tcp://h:70000',
    'tcp://[::1:80',
  ]) {
    assert.equal(parseProbe(wrong), undefined, wrong);
  }
});

test('a door that answers with an error, or not at all', async () => {
  const server = createServer((_request, response) => {
    response.statusCode = 503;
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  assert.equal(await askDoor({ kind: 'tcp', host: '127.0.0.1', port, path: '/' }, 1000), undefined);
  assert.match(
    (await askDoor({ kind: 'http', host: '127.0.0.1', port, path: '/' }, 1000)) ?? '',
    /503/,
  );
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  assert.match(
    (await askDoor({ kind: 'tcp', host: '127.0.0.1', port, path: '/' }, 1000)) ?? '',
    /ECONNREFUSED/,
  );
});

test('what a killed process left beside the lock goes with the next', () => {
  const path = at('forgotten');
  const dead = 2 ** 22 + 1; // above the largest pid of Linux
  for (const name of [`${path}.new.${dead}`, `${path}.${dead}`]) writeFileSync(name, '');
  writeFileSync(`${path}.conf`, 'somebody else');
  const lock = takeLock(path);
  assert.ok('release' in lock);
  lock.release();
  const left = readdirSync(directory).filter((name) => name.startsWith('forgotten'));
  assert.deepEqual(left, ['forgotten.conf']);
});

test('a lock belongs to a living process; a dead one is taken over', () => {
  const path = at('lock');
  writeFileSync(path, `${process.pid}\nanother start time\n`);
  const lock = takeLock(path);
  assert.ok('release' in lock);
  assert.equal(lockOwner(path)?.pid, process.pid);
  const second = takeLock(path);
  assert.ok('pid' in second && second.pid === process.pid);
  lock.release();
  assert.equal(lockOwner(path), undefined);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith('lock')),
    [],
  );
});

test('a process is told by its number and start time', () => {
  const own = identify(process.pid);
  assert.ok(own !== undefined && isRunning(own));
  assert.ok(!isRunning({ ...own, startTime: '1' }));
  assert.equal(identify(-1), undefined);
});

test('the last lines of a file, also when it is long or does not end with a line end', () => {
  const path = at('long.log');
  writeFileSync(path, Array.from({ length: 50_000 }, (_, i) => `line ${i}`).join('\n'));
  assert.deepEqual(lastLines(path, 2), ['line 49998', 'line 49999']);
  assert.equal(lastLines(path, 100_000).length, 50_000);
  assert.deepEqual(lastLines(path, 0), []);
  assert.deepEqual(lastLines(at('missing'), 5), []);
});

test('rotation: numbers go up, the oldest goes, all together stay below the cap', async () => {
  const logs = at('logs');
  mkdirSync(logs);
  const path = join(logs, 'a.log');
  const reopened: number[] = [];
  const rotation = createLogRotation({
    limits: { fileBytesMax: 10, filesMax: 2, totalBytesMax: 1e6 },
    logs: () => [{ path, reopen: () => void reopened.push(1) }],
    outputs: () => [],
    directory: logs,
  });
  for (const text of ['first first', 'second second', 'third third']) {
    writeFileSync(path, text);
    await rotation.check();
    await rotation.check();
  }
  assert.deepEqual(readdirSync(logs).sort(), ['a.log.1.gz', 'a.log.2.gz']);
  assert.equal(gunzipSync(readFileSync(`${path}.1.gz`)).toString(), 'third third');
  assert.equal(reopened.length, 3);
});

test('what is in the environment of a service', () => {
  const kept = scrubEnvironment({
    PATH: '/bin',
    LC_ALL: 'C',
    DKM_X: '1',
    AWS_SECRET_ACCESS_KEY: 'x',
    SECRET_KEY: 'y',
  });
  assert.deepEqual(kept, { PATH: '/bin', LC_ALL: 'C', DKM_X: '1' });
});

test('paths inside the instance are relative to it', () => {
  assert.equal(fromHome('/a', '/a/kits/1/lib/x.js'), './kits/1/lib/x.js');
  assert.equal(fromHome('/a', '/ab/x.js'), '/ab/x.js');
});

test('sizes and durations for people', () => {
  assert.deepEqual([0, 1023, 1536, 45e6].map(formatBytes), ['0 B', '1023 B', '1.5 kB', '43 MB']);
  assert.deepEqual([5, 65, 3700, 90_000].map(formatDuration), ['5s', '1m5s', '1h1m', '1d1h']);
});

describe('dkm and a supervisor of another version', () => {
  const before = process.cwd();
  after(() => process.chdir(before));

  test('no supervisor, one that knows more, one that cannot do something', async () => {
    const home = at('home');
    mkdirSync(join(home, 'run/control'), { recursive: true });
    process.chdir(home);
    assert.equal(await askStatus(), undefined);
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/status' ? 200 : 404;
      response.end(JSON.stringify({ protocol: 9, services: [], news: true }));
    });
    await new Promise<void>((done) => server.listen('run/control/dkm.sock', done));
    assert.equal((await askStatus())?.protocol, 9);
    await assert.rejects(callSupervisor('POST', '/levitate', {}), /older version.*dkm restart/);
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
});
