// `installer --system-collectd`: the collectd on PATH runs in the agent's place, with our configuration,
// and fills the same names.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { portOf } from '../../bundle/services.ts';
import {
  eventually,
  freeBasePort,
  render,
  type Sandbox,
  unpackedKit,
  valuesOf,
} from './instance.ts';

const skip = ['/usr/sbin/collectd', '/usr/bin/collectd'].some(existsSync)
  ? false
  : 'collectd is not installed';

let sandbox: Sandbox;

before(async () => {
  if (!skip) sandbox = await unpackedKit();
});

after(async () => {
  if (skip) return;
  await sandbox.run(join(sandbox.directory, 'instance/bin/dkm'), ['stop']);
  sandbox.remove();
});

test('the system’s collectd sends under the agent’s names', { skip }, async () => {
  const data = join(sandbox.directory, 'instance');
  const base = await freeBasePort();
  const installed = await sandbox.run(join(sandbox.kit, 'installer'), [
    '-d',
    data,
    '-p',
    String(base),
    '-t',
    'all',
    '--hostname',
    'db1.example.org',
    '--system-collectd',
  ]);
  assert.equal(installed.exitCode, 0, installed.stderr);
  const started = await sandbox.run(join(data, 'bin/dkm'), ['start']);
  assert.equal(started.exitCode, 0, started.stderr);
  const { stdout } = await sandbox.run(join(data, 'bin/dkm'), ['status', '--json']);
  const { services } = JSON.parse(stdout) as { services: { name: string; pid: number }[] };
  const { pid = 0 } = services.find(({ name }) => name === 'agent') ?? {};
  assert.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /collectd\0-f\0-C\0/);
  await eventually('memory of this host', 60_000, async () => {
    const [memory] = await render(
      portOf('carbonapi', base),
      'collectd.org.example.db1.memory.memory.used',
    );
    return valuesOf(memory).length > 0 ? true : undefined;
  });
});
