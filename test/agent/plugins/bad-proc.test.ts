// Files of /proc cut at any byte or full of junk: a collector says so or reads what is there; it
// never breaks in another way.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { plugins } from '../../../bundle/agent/plugins/index.ts';
import { OperatingError } from '../../../bundle/core/errors.ts';
import { collect, createCollector, createFakeHost } from '../fake-host.ts';

const captured = (name: string): string =>
  readFileSync(new URL(`../fixtures/linux-6.18/${name}`, import.meta.url), 'utf8');

const files: Record<string, string> = {
  '/proc/stat': captured('stat'),
  '/proc/meminfo': captured('meminfo'),
  '/proc/loadavg': captured('loadavg'),
  '/proc/diskstats': captured('diskstats'),
  '/proc/swaps': captured('swaps'),
  '/proc/vmstat': captured('vmstat'),
  '/proc/uptime': captured('uptime'),
  '/proc/interrupts': captured('interrupts'),
  '/proc/net/dev': captured('net-dev'),
  '/proc/net/snmp': captured('snmp'),
  '/proc/net/netstat': captured('netstat'),
  '/proc/net/tcp': captured('tcp'),
  '/proc/self/mounts': captured('mounts'),
  '/proc/sys/fs/file-nr': '625\t0\t2466183\n',
  '/proc/sys/kernel/random/entropy_avail': '256\n',
  '/proc/sys/net/netfilter/nf_conntrack_count': '0\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
  '/sys/devices/system/cpu/online': '0-1\n',
  '/sys/class/thermal/thermal_zone0/temp': '40000\n',
  '/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq': '2400000\n',
  '/proc/net/rpc/nfs': 'proc3 3 1 2 3\nproc4 40 1 2 3\n',
  '/proc/spl/kstat/zfs/arcstats': '13 1\nname type data\nhits 4 5\nmisses 4 6\nsize 4 1000\n',
  '/proc/buddyinfo':
    'Node 0, zone      DMA      1      0      3\nNode 0, zone   Normal  12831   8732      5\n',
  '/proc/sysvipc/shm': ' key shmid perms size rss swap\n 1 0 600 8192 4096 0\n',
  '/proc/sysvipc/sem': ' key semid perms nsems\n 1 0 600 3\n',
  '/proc/sysvipc/msg': ' key msqid perms cbytes qnum\n 1 0 600 120 7\n',
  '/proc/tty/driver/serial':
    'serinfo:1.0 driver revision:\n0: uart:16550A port:000003F8 irq:26 tx:5826 rx:0 RTS|CTS\n',
  '/sys/devices/system/node/node0/numastat': 'numa_hit 91114597\nnuma_miss 0\n',
  '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '6\n',
  '/sys/kernel/mm/hugepages/hugepages-2048kB/surplus_hugepages': '2\n',
  '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages': '2\n',
  '/sys/block/md0/dev': '9:0\n',
  '/sys/block/md0/md/raid_disks': '2\n',
  '/sys/block/md0/md/dev-sda/state': 'in_sync\n',
  '/proc/7/stat': '7 (bash) S 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 99 4096 10 0\n',
  '/proc/7/cmdline': 'bash\0-c\0x',
  '/proc/7/status': captured('pid-status'),
  '/proc/7/io': captured('pid-io'),
  '/run/utmp': '\u0007\0'.padEnd(384, '\0'),
};

const options: Record<string, Record<string, unknown>> = {
  processes: { processMatch: [{ name: 'all', regex: '.' }] },
  vmem: { verbose: true },
};

async function collectTwice(name: string, changed: Record<string, string>): Promise<number> {
  const plugin = plugins.find((one) => one.name === name)!;
  const collector = createCollector(plugin, options[name]);
  const host = createFakeHost({ ...files, ...changed });
  host.spaces.set('/', {
    blockBytes: 4096,
    blocks: 9,
    blocksFree: 5,
    blocksAvailable: 4,
    inodes: 0,
    inodesFree: 0,
  });
  let count = 0;
  for (let round = 0; round < 2; round++) {
    try {
      count = (await collect(collector, host)).size;
    } catch (error) {
      assert.ok(error instanceof OperatingError, `${name}: ${String(error)}`);
    }
  }
  return count;
}

test('whole files give values', async () => {
  for (const { name } of plugins)
    if (name !== 'cgroups') assert.ok((await collectTwice(name, {})) > 0, name);
});

for (const { name } of plugins) {
  test(`${name}: cut and spoilt files`, async () => {
    const paths = fc.constantFrom(...Object.keys(files));
    const junk = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom('', '\n', ':', ': :\n:', '-1 -1 -1\n', 'NaN', '9'.repeat(400), '\0\0\0'),
    );
    await fc.assert(
      fc.asyncProperty(
        paths,
        fc.double({ min: 0, max: 1, noNaN: true }),
        junk,
        async (path, part, text) => {
          const whole = files[path]!;
          await collectTwice(name, {
            [path]: whole.slice(0, Math.floor(part * whole.length)) + text,
          });
        },
      ),
      { numRuns: 150 },
    );
  });
}
