// The supervisor and dkm together, with real processes.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { startTimeOf } from '../../bundle/core/process-identity.ts';
import type { ServiceStatus, SupervisorStatus } from '../../bundle/supervisor/protocol.ts';
import { freeBasePort } from '../installer/free-base-port.ts';
import { type InstanceForTests, makeInstance, processesIn, until } from './instance-for-tests.ts';

const noProc = process.platform === 'linux' ? false : 'needs /proc';
const made: InstanceForTests[] = [];
function instance(options?: { type?: string; name?: string }): InstanceForTests {
  const one = makeInstance(options);
  made.push(one);
  return one;
}
after(async () => {
  for (const one of made) await one.remove();
});

function service(status: SupervisorStatus, name: string): ServiceStatus {
  const found = status.services.find((one) => one.name === name);
  assert.ok(found, `${name} is in the status`);
  return found;
}

describe('an instance in ordinary life', () => {
  const one = instance();

  test('status before the start says that nothing runs, with code 3', async () => {
    const { code, stdout } = await one.dkm('status');
    assert.equal(code, 3);
    assert.match(stdout, /not running/);
  });

  test('start returns when every service of the type is ready', async () => {
    const { code, stdout, stderr } = await one.dkm('start');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /carbon is ready/);
    const status = await one.status();
    assert.deepEqual(
      status.services.map(({ name, state }) => [name, state]),
      [
        ['carbon', 'ready'],
        ['carbonapi', 'ready'],
      ],
    );
    assert.ok(service(status, 'carbon').memoryBytes > 0);
    assert.equal(service(status, 'carbon').ports, '27601 27603');
  });

  test('start again changes nothing', async () => {
    const before = await one.status();
    assert.equal((await one.dkm('start')).code, 0);
    assert.equal(service(await one.status(), 'carbon').pid, service(before, 'carbon').pid);
  });

  test('everything that belongs to pm2 is in run/, the control socket is private', () => {
    assert.equal(statSync(join(one.home, 'run/control')).mode & 0o777, 0o700);
    assert.equal(statSync(join(one.home, 'run/control/dkm.sock')).mode & 0o777, 0o600);
    assert.equal(statSync(join(one.home, 'run/pm2')).mode & 0o777, 0o700);
  });

  test('a service killed with -9 is back and the restart is counted', async () => {
    const { pid } = service(await one.status(), 'carbon');
    process.kill(pid, 'SIGKILL');
    await until('carbon is back', async () => {
      const now = service(await one.status(), 'carbon');
      return now.state === 'ready' && now.pid !== pid;
    });
    const now = service(await one.status(), 'carbon');
    assert.equal(now.restarts, 1);
    assert.match(now.lastEnd, /SIGKILL/);
  });

  test('original service names, pid, one service alone', async () => {
    assert.equal((await one.dkm('stop', 'go-carbon')).code, 0);
    const status = await one.dkm('status', '--json');
    assert.equal(status.code, 1);
    const parsed = JSON.parse(status.stdout) as SupervisorStatus;
    assert.equal(service(parsed, 'carbon').state, 'stopped');
    assert.equal(service(parsed, 'carbonapi').state, 'ready');
    assert.equal((await one.dkm('restart', 'carbon')).code, 0);
    const { pid } = service(await one.status(), 'carbon');
    assert.equal((await one.dkm('pid', 'carbon')).stdout, `${pid}\n`);
  });

  test('a service the type does not have, an unknown word, an unknown option', async () => {
    const grafana = await one.dkm('start', 'grafana-server');
    assert.equal(grafana.code, 2);
    assert.match(grafana.stderr, /it has carbon, carbonapi/);
    const word = await one.dkm('strat');
    assert.equal(word.code, 2);
    assert.match(word.stderr, /start/);
    assert.equal((await one.dkm('status', '--jsno')).code, 2);
  });

  test('reload reaches the service; ctl speaks supervisorctl', async () => {
    assert.equal((await one.dkm('reload', 'carbon')).code, 0);
    await until('carbon says so', () => /reloaded/.test(one.read('run/carbon.log')));
    assert.equal((await one.dkm('ctl', 'restart', 'all')).code, 0);
    const tail = await one.dkm('ctl', 'tail', 'carbon');
    assert.equal(tail.code, 0);
    assert.match(tail.stdout, /ready/);
  });

  test('the directory can be moved while it runs', async () => {
    const { pid } = service(await one.status(), 'carbon');
    const elsewhere = `${one.home}-moved`;
    renameSync(one.home, elsewhere);
    try {
      process.kill(pid, 'SIGKILL');
      await until('carbon is back', async () => {
        const { stdout } = await one.dkm('status', '--json', '-d', elsewhere);
        const now = service(JSON.parse(stdout) as SupervisorStatus, 'carbon');
        return now.state === 'ready' && now.pid !== pid;
      });
    } finally {
      renameSync(elsewhere, one.home);
    }
  });

  test('stop leaves no process', async () => {
    assert.equal((await one.dkm('stop')).code, 0);
    assert.deepEqual(processesIn(one.home), []);
    assert.match(one.read('run/carbon.log'), /drained/);
    const again = await one.dkm('stop');
    assert.equal(again.code, 0);
    assert.match(again.stdout, /was not running/);
  });
});

test('a service that cannot start makes dkm start fail with its last lines', async () => {
  const one = instance();
  one.configure('carbon', { failWith: 'the disk has vanished' });
  const { code, stdout, stderr } = await one.dkm('start');
  assert.equal(code, 1);
  assert.match(stdout, /the disk has vanished/);
  assert.match(stderr, /not ready: carbon/);
  assert.equal(service(await one.status(), 'carbon').state, 'crash-looping');
  assert.equal(service(await one.status(), 'carbonapi').state, 'ready');
});

test('a broken configuration is told at once, with file, line and key', async () => {
  const one = instance();
  one.configure('carbon', { prot: 1 });
  const { code, stdout } = await one.dkm('start');
  assert.equal(code, 1);
  assert.match(stdout, /conf\/carbon\.yml:1: unknown key "prot" \(did you mean "port"\?\)/);
});

test('status tells why a service is not ready; a door that is shut counts', async () => {
  const one = instance();
  const port = await freeBasePort();
  one.configureSupervisor({
    startSecondsMax: 1,
    services: { carbonapi: { probe: `tcp://127.0.0.1:${port}` } },
  });
  one.configure('carbon', { notReady: 'replaying the journal' });
  const { code } = await one.dkm('start');
  assert.equal(code, 1);
  const status = await one.status();
  assert.equal(service(status, 'carbon').reason, 'replaying the journal');
  assert.equal(service(status, 'carbonapi').state, 'starting');
  assert.match(service(status, 'carbonapi').reason, /nothing answers at tcp:/);
});

test('a service that ignores SIGTERM is killed after its time', async () => {
  const one = instance();
  one.configure('carbon', { ignoreStop: true });
  one.configureSupervisor({ services: { carbon: { stopSeconds: 0.3 } } });
  assert.equal((await one.dkm('start')).code, 0);
  assert.equal((await one.dkm('stop')).code, 0);
  assert.deepEqual(processesIn(one.home), []);
});

test('after kill -9 of the supervisor the next start takes over without duplicates', async () => {
  const one = instance();
  assert.equal((await one.dkm('start')).code, 0);
  const before = await one.status();
  process.kill(before.pid, 'SIGKILL');
  await until('it is gone', () => startTimeOf(before.pid) === undefined);
  assert.ok(startTimeOf(service(before, 'carbon').pid), 'the service goes on alone');
  const status = await one.dkm('status');
  assert.equal(status.code, 3);
  assert.match(status.stdout, /left over without it: carbon/);
  assert.equal((await one.dkm('start')).code, 0);
  assert.match(one.read('run/carbon.log'), /drained/);
  assert.equal(processesIn(one.home).length, 3);

  process.kill((await one.status()).pid, 'SIGKILL');
  assert.equal((await one.dkm('stop')).code, 0);
  assert.deepEqual(processesIn(one.home), []);
});

test('a service that hangs is noticed, killed and started again', async () => {
  const one = instance();
  const port = await freeBasePort();
  one.configure('carbonapi', { port });
  one.configureSupervisor({
    services: { carbonapi: { probe: `http://127.0.0.1:${port}/` } },
    watch: { probeSeconds: 0.1, silentSecondsMax: 9 },
  });
  assert.equal((await one.dkm('start')).code, 0);
  const { pid } = service(await one.status(), 'carbonapi');
  process.kill(pid, 'SIGSTOP');
  await until('it is called unresponsive', async () => {
    const { state, reason } = service(await one.status(), 'carbonapi');
    return state === 'unresponsive' && /no answer within/.test(reason);
  });
  await until('another runs', async () => {
    const now = service(await one.status(), 'carbonapi');
    return now.state === 'ready' && now.pid !== pid;
  });
});

test('a service that prints 1 GB fills neither memory nor disk', async () => {
  const one = instance();
  one.configureSupervisor({ logs: { fileMbMax: 1, filesMax: 2, totalMbMax: 4 } });
  one.configure('carbon', { printMb: 1000 });
  assert.equal((await one.dkm('start')).code, 0);
  const { memoryBytes } = await one.status();
  assert.ok(memoryBytes < 120e6, `the supervisor has ${memoryBytes} bytes`);
  await until(
    'the output is small',
    () => statSync(join(one.home, 'run/carbon-out.log')).size <= 2 ** 20,
  );
});

test('a full log is rotated by renaming, the writer goes on in a new file', async () => {
  const one = instance();
  one.configureSupervisor({ logs: { fileMbMax: 0.01, filesMax: 2 } });
  one.configure('carbon', { logLines: 400 });
  assert.equal((await one.dkm('start')).code, 0);
  await until('the old log is compressed', () => existsSync(join(one.home, 'run/carbon.log.1.gz')));
  await one.dkm('reload', 'carbon');
  await until('the new log is written', () => /reloaded/.test(one.read('run/carbon.log')));
});

test('two supervisors of one instance: the second is refused', async () => {
  const one = instance();
  assert.equal((await one.dkm('start')).code, 0);
  const second = await one.dkm('supervise');
  assert.equal(second.code, 69);
  assert.match(second.stderr, /runs already/);
});

for (const [what, name] of [
  ['of 200 characters', 'x'.repeat(100).concat('/', 'y'.repeat(70))],
  ['with spaces and quotes', `it's a "data" directory é`],
] as const) {
  test(`a path ${what} works, beside another instance`, async () => {
    const one = instance({ name });
    const other = instance();
    assert.equal((await one.dkm('start')).code, 0);
    assert.equal((await other.dkm('status')).code, 3);
    assert.equal((await one.dkm('status')).code, 0);
    assert.equal((await one.dkm('stop')).code, 0);
    assert.deepEqual(processesIn(one.home), []);
  });
}

test('secrets of the shell do not reach the services', { skip: noProc }, async () => {
  const one = instance();
  assert.equal((await one.dkm('start')).code, 0);
  const { pid } = service(await one.status(), 'carbon');
  const names = readFileSync(`/proc/${pid}/environ`, 'latin1')
    .split('\0')
    .map((pair) => pair.split('=')[0]);
  assert.ok(names.includes('DKM_LOG_FILE'));
  assert.ok(!names.includes('SECRET_OF_THE_SHELL') && !names.includes('PM2_HOME'));
});

test('root is refused unless the instance allows it', {
  skip: process.geteuid?.() === 0 ? false : 'needs to be root',
}, async () => {
  const one = instance();
  const path = join(one.home, 'conf/instance.json');
  const allowed = one.read('conf/instance.json');
  writeFileSync(path, allowed.replace('"allowRoot":true', '"allowRoot":false'));
  const refused = await one.dkm('status');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--allow-root/);
  assert.equal((await one.dkm('status', '--allow-root')).code, 3);
  writeFileSync(path, allowed);
});
