import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { createHost } from '../../bundle/agent/host.ts';

test("a host mounted elsewhere: its /proc, /sys, mounts and network, not the container's", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'host-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  write('proc/stat', 'stat');
  write('proc/1/mounts', 'mounts');
  write('proc/1/net/dev', 'dev');
  write('sys/class/thermal/zone/temp', '1');
  mkdirSync(join(directory, 'root/data'), { recursive: true });
  const host = createHost({
    proc: join(directory, 'proc'),
    sys: join(directory, 'sys'),
    root: join(directory, 'root'),
  });
  assert.equal(host.readText('/proc/stat'), 'stat');
  assert.equal(host.readText('/proc/self/mounts'), 'mounts');
  assert.equal(host.readText('/proc/net/dev'), 'dev');
  assert.deepEqual(host.list('/proc')?.sort(), ['1', 'stat']);
  assert.deepEqual(host.directories('/sys/class/thermal'), ['zone']);
  assert.ok((await host.space('/data')).blocks > 0);
  await assert.rejects(host.space('/elsewhere'));
});

test('files that are not there, and files larger than the buffer', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'host-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const host = createHost();
  assert.equal(host.readText(join(directory, 'none')), undefined);
  assert.equal(host.readOnce(join(directory, 'none')), undefined);
  assert.equal(host.list(join(directory, 'none')), undefined);
  const large = 'äöü\n'.repeat(100_000);
  writeFileSync(join(directory, 'large'), large);
  assert.equal(host.readText(join(directory, 'large')), large);
  assert.equal(host.readOnce(join(directory, 'large'))?.length, 8192);
  assert.ok(host.pageBytes >= 4096 && host.ticksPerSecond >= 1);
});
