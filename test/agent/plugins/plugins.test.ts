import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { cpu } from '../../../bundle/agent/plugins/cpu.ts';
import { df } from '../../../bundle/agent/plugins/df.ts';
import { disk } from '../../../bundle/agent/plugins/disk.ts';
import { networkInterface } from '../../../bundle/agent/plugins/interface.ts';
import { load } from '../../../bundle/agent/plugins/load.ts';
import { memory } from '../../../bundle/agent/plugins/memory.ts';
import { swap } from '../../../bundle/agent/plugins/swap.ts';
import { collect, createCollector, createFakeHost } from '../fake-host.ts';

const captured = (name: string): string =>
  readFileSync(new URL(`../fixtures/linux-6.18/${name}`, import.meta.url), 'utf8');

test('cpu: percentages of the interval that sum to 100, guest time taken out of user', async () => {
  const host = createFakeHost({
    '/proc/stat': 'cpu  0\ncpu0 100 0 50 800 10 1 2 3 40 0\ncpu1 0 0 0 0 0 0 0 0 0 0\nintr 5\n',
  });
  const collector = createCollector(cpu);
  assert.deepEqual([...(await collect(collector, host))], [['/count/', [2]]]);
  host.files.set(
    '/proc/stat',
    'cpu  0\ncpu0 200 0 60 900 20 1 2 3 90 0\ncpu1 0 0 0 1000 0 0 0 0 0 0\nintr 5\n',
  );
  const found = await collect(collector, host);
  const percent = (state: string): number => Number(found.get(`0/percent/${state}`)?.[0]);
  // user grew by 100, 50 of them in guests; together 50 + 50 + 10 + 100 + 10 = 220 ticks
  assert.equal(percent('user').toFixed(3), ((100 * 50) / 220).toFixed(3));
  assert.equal(percent('guest').toFixed(3), ((100 * 50) / 220).toFixed(3));
  let sum = 0;
  for (const [key, [value]] of found) if (key.startsWith('0/percent/')) sum += Number(value);
  assert.ok(Math.abs(sum - 100) < 1e-9);
  assert.equal(found.get('1/percent/idle')?.[0], 100);
  assert.equal(found.size, 21);
});

test('cpu: the other modes', async () => {
  const host = createFakeHost({ '/proc/stat': 'cpu0 1 0 0 9 0 0 0 0\ncpu1 1 0 0 9 0 0 0 0\n' });
  const raw = createCollector(cpu, { valuesPercentage: false, reportNumCpu: false });
  const counters = await collect(raw, host);
  assert.deepEqual(counters.get('1/cpu/user'), [1]);
  assert.equal(counters.has('1/cpu/guest'), false, 'an old kernel has no guest columns');
  const together = createCollector(cpu, { reportByCpu: false, reportByState: false });
  await collect(together, host);
  host.files.set('/proc/stat', 'cpu0 2 0 0 12 0 0 0 0\ncpu1 2 0 0 12 0 0 0 0\n');
  assert.deepEqual((await collect(together, host)).get('/percent/active'), [25]);
});

test('memory: the parts sum to the total of a captured /proc/meminfo', async () => {
  const text = captured('meminfo');
  const found = await collect(createCollector(memory), createFakeHost({ '/proc/meminfo': text }));
  let sum = 0;
  for (const [key, [value]] of found) if (key.startsWith('/memory/')) sum += Number(value);
  assert.equal(sum, Number(/MemTotal:\s+(\d+)/.exec(text)?.[1]) * 1024);
  assert.equal(found.get('/memory/free')?.[0], Number(/MemFree:\s+(\d+)/.exec(text)?.[1]) * 1024);
  assert.equal(found.size, 12);
});

test('memory: nothing is sent where the used part would be negative', async () => {
  const host = createFakeHost({
    '/proc/meminfo': 'MemTotal: 10 kB\nMemFree: 9 kB\nCached: 5 kB\n',
  });
  assert.equal((await collect(createCollector(memory), host)).size, 0);
});

test('load: divided by the CPUs in use, or as it is', async () => {
  const host = createFakeHost({
    '/proc/loadavg': '0.50 1.00 2.00 1/100 5\n',
    '/sys/devices/system/cpu/online': '0-2,5\n',
  });
  const relative = await collect(createCollector(load), host);
  assert.deepEqual(relative.get('/load/relative'), [0.125, 0.25, 0.5]);
  const plain = await collect(createCollector(load, { reportRelative: false }), host);
  assert.deepEqual(plain.get('/load/'), [0.5, 1, 2]);
});

test('interface: lo and those that never saw a packet are left out', async () => {
  const host = createFakeHost({ '/proc/net/dev': captured('net-dev') });
  const found = await collect(createCollector(networkInterface), host);
  assert.deepEqual(
    [...found.keys()],
    ['eth0/if_octets/', 'eth0/if_packets/', 'eth0/if_errors/', 'eth0/if_dropped/'],
  );
  const all = await collect(
    createCollector(networkInterface, {
      interface: ['/^i/'],
      ignoreSelected: true,
      reportInactive: true,
    }),
    host,
  );
  assert.deepEqual(
    [...all.keys()].filter((key) => key.includes('octets')),
    ['lo/if_octets/', 'eth0/if_octets/'],
  );
});

test('disk: real devices by default, averages per operation, 32-bit counters that wrap', async () => {
  const line = (name: string, ...values: number[]): string => ` 8 0 ${name} ${values.join(' ')}\n`;
  const host = createFakeHost({
    '/proc/diskstats':
      line('vda', 10, 0, 100, 50, 4, 0, 4_294_967_290, 20, 0, 30, 70) +
      line('loop0', 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1) +
      line('dm-0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  });
  const collector = createCollector(disk);
  assert.equal((await collect(collector, host)).size, 0, 'the first reading only seeds');
  host.files.set(
    '/proc/diskstats',
    line('vda', 20, 1, 200, 150, 4, 0, 4, 20, 2, 40, 90) +
      line('dm-0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  );
  const found = await collect(collector, host);
  assert.deepEqual(found.get('vda/disk_octets/'), [512 * 200, 512 * (4_294_967_290 + 10)]);
  assert.deepEqual(found.get('vda/disk_ops/'), [20, 4]);
  // 5 ms an operation before, 10 ms now: the sum grows by interval times average
  assert.deepEqual(found.get('vda/disk_time/'), [10 * 5 + 10 * 10, 10 * 5]);
  assert.deepEqual(found.get('vda/pending_operations/'), [2]);
  assert.deepEqual(found.get('vda/disk_merged/'), [1, 0]);
  assert.deepEqual(found.get('vda/disk_io_time/'), [40, 90]);
  assert.equal(found.size, 6, 'dm-0 never did anything');
});

test("disk: the original's expressions", async () => {
  const names = ['sda', 'sda1', 'sdg', 'vda', 'nvme0n1', 'hdc', 'md1'];
  const text = (n: number): string =>
    names.map((name) => ` 8 0 ${name} ${n} 0 8 1 ${n} 0 8 1 0 1 1\n`).join('');
  const host = createFakeHost({ '/proc/diskstats': text(1) });
  const collector = createCollector(disk, {
    disk: ['/^[hsm]d[a-f]?[0-9]?$/', '/^nvme[0-9]n[0-9]$/'],
  });
  await collect(collector, host);
  host.files.set('/proc/diskstats', text(2));
  const found = [...(await collect(collector, host)).keys()].filter((key) => key.includes('ops'));
  assert.deepEqual(found, [
    'sda/disk_ops/',
    'sda1/disk_ops/',
    'nvme0n1/disk_ops/',
    'hdc/disk_ops/',
    'md1/disk_ops/',
  ]);
});

const space = (blocks: number, blocksFree: number, blocksAvailable: number) => ({
  blockBytes: 4096,
  blocks,
  blocksFree,
  blocksAvailable,
  inodes: 100,
  inodesFree: 40,
});

test('df: by device, first mount only, without memory file systems', async () => {
  const host = createFakeHost({
    '/proc/self/mounts':
      'proc /proc proc rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/vda / ext4 rw 0 0\n' +
      '/dev/vda /again ext4 rw 0 0\n/dev/mapper/vg-a /with\\040space xfs rw 0 0\n',
  });
  host.spaces.set('/proc', space(0, 0, 0));
  host.spaces.set('/', space(100, 30, 20));
  host.spaces.set('/with space', space(10, 5, 5));
  const found = await collect(createCollector(df, { reportInodes: true }), host);
  assert.deepEqual(found.get('vda/df_complex/free'), [20 * 4096]);
  assert.deepEqual(found.get('vda/df_complex/reserved'), [10 * 4096]);
  assert.deepEqual(found.get('vda/df_complex/used'), [70 * 4096]);
  assert.deepEqual(found.get('vda/percent_bytes/used'), [70]);
  assert.deepEqual(found.get('vda/df_inodes/used'), [60]);
  assert.deepEqual(found.get('mapper/vg-a/df_complex/used'), [5 * 4096]);
  assert.equal(found.size, 24);
  const byDirectory = await collect(createCollector(df, { reportByDevice: false }), host);
  assert.ok(
    byDirectory.has('root/df_complex/free') && byDirectory.has('with space/df_complex/free'),
  );
});

test('df: a file system that never answers costs only its own values', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const host = createFakeHost({
    '/proc/self/mounts': 'server:/x /dead nfs rw 0 0\n/dev/vda / ext4 rw 0 0\n',
  });
  host.spaces.set('/dead', new Promise(() => {}));
  host.spaces.set('/', space(10, 5, 5));
  const collector = createCollector(df);
  const first = collect(collector, host);
  await new Promise(setImmediate); // the living one answers before time passes
  t.mock.timers.tick(2000);
  assert.deepEqual([...(await first).keys()].length, 6);
  assert.equal((await collect(collector, host)).size, 6, 'it is not asked again meanwhile');
});

test('swap: by device and together, swapping in bytes', async () => {
  const host = createFakeHost({
    '/proc/swaps': 'Filename Type Size Used Priority\n/dev/dm-1 partition 1000 250 -2\n',
    '/proc/meminfo': 'SwapCached: 10 kB\nSwapTotal: 1000 kB\nSwapFree: 740 kB\n',
    '/proc/vmstat': 'pgpgin 5\npswpin 3\npswpout 4\n',
  });
  const found = await collect(createCollector(swap), host);
  assert.deepEqual(found.get('dev_dm-1/swap/used'), [250 * 1024]);
  assert.deepEqual(found.get('dev_dm-1/percent/free'), [75]);
  assert.deepEqual(found.get('/swap_io/in'), [3 * 4096]);
  assert.equal(found.size, 6);
  const together = await collect(
    createCollector(swap, { reportByDevice: false, reportBytes: false }),
    host,
  );
  assert.deepEqual(together.get('/swap/used'), [250 * 1024]);
  assert.deepEqual(together.get('/swap/cached'), [10 * 1024]);
  assert.deepEqual(together.get('/swap_io/out'), [4]);
});

test('captured files of a real machine are read without a word about them', async () => {
  const host = createFakeHost({
    '/proc/stat': captured('stat'),
    '/proc/diskstats': captured('diskstats'),
    '/proc/swaps': captured('swaps'),
    '/proc/vmstat': captured('vmstat'),
    '/proc/loadavg': captured('loadavg'),
    '/proc/self/mounts': captured('mounts'),
  });
  host.spaces.set('/', space(10, 5, 5));
  for (const plugin of [cpu, disk, swap, load, df]) {
    const collector = createCollector(plugin);
    await collect(collector, host);
    assert.ok((await collect(collector, host)).size > 0, plugin.name);
  }
});

test('a missing file is an error that names it', async () => {
  await assert.rejects(collect(createCollector(memory), createFakeHost()), /\/proc\/meminfo/);
});
