import assert from 'node:assert/strict';
import test from 'node:test';
import { agentItself } from '../../../bundle/agent/plugins/agent.ts';
import { buddyinfo } from '../../../bundle/agent/plugins/buddyinfo.ts';
import { cgroups } from '../../../bundle/agent/plugins/cgroups.ts';
import { conntrack } from '../../../bundle/agent/plugins/conntrack.ts';
import { cpufreq } from '../../../bundle/agent/plugins/cpufreq.ts';
import { fhcount } from '../../../bundle/agent/plugins/fhcount.ts';
import { hugepages } from '../../../bundle/agent/plugins/hugepages.ts';
import { plugins } from '../../../bundle/agent/plugins/index.ts';
import { internal } from '../../../bundle/agent/plugins/internal.ts';
import { ipc } from '../../../bundle/agent/plugins/ipc.ts';
import { irq } from '../../../bundle/agent/plugins/irq.ts';
import { md } from '../../../bundle/agent/plugins/md.ts';
import { nfs } from '../../../bundle/agent/plugins/nfs.ts';
import { protocols } from '../../../bundle/agent/plugins/protocols.ts';
import { tcpconns } from '../../../bundle/agent/plugins/tcpconns.ts';
import { thermal } from '../../../bundle/agent/plugins/thermal.ts';
import { users } from '../../../bundle/agent/plugins/users.ts';
import { vmem } from '../../../bundle/agent/plugins/vmem.ts';
import { zfsArc } from '../../../bundle/agent/plugins/zfs-arc.ts';
import { valueTypes } from '../../../bundle/agent/value-types.ts';
import { collect, createCollector, createFakeHost, emptySelf } from '../fake-host.ts';

test('conntrack, fhcount', async () => {
  const host = createFakeHost({
    '/proc/sys/net/netfilter/nf_conntrack_count': '50\n',
    '/proc/sys/net/netfilter/nf_conntrack_max': '200\n',
    '/proc/sys/fs/file-nr': '625\t0\t1000\n',
  });
  assert.deepEqual((await collect(createCollector(conntrack), host)).get('/percent/used'), [25]);
  const found = await collect(createCollector(fhcount, { valuesPercentage: true }), host);
  assert.deepEqual(found.get('/file_handles/max'), [1000]);
  assert.deepEqual(found.get('/percent/used'), [62], 'whole percent, as collectd');
  await assert.rejects(collect(createCollector(conntrack), createFakeHost()), /does not track/);
});

test('ipc: lines are counted, columns are found by their titles', async () => {
  const host = createFakeHost({
    '/proc/sysvipc/shm':
      ' key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap\n' +
      ' 1 0 600 8192 1 1 2 0 0 0 0 0 0 0 4096 0\n 2 1 600 1000 1 1 2 0 0 0 0 0 0 0 0 4096\n',
    '/proc/sysvipc/sem':
      ' key semid perms nsems uid gid cuid cgid otime ctime\n 1 0 600 3 0 0 0 0 0 0\n',
    '/proc/sysvipc/msg': ' key msqid perms cbytes qnum lspid\n 1 0 600 120 7 1\n',
  });
  assert.deepEqual(
    [...(await collect(createCollector(ipc), host))],
    [
      ['shm/segments/', [2]],
      ['shm/bytes/total', [9192]],
      ['shm/bytes/rss', [4096]],
      ['shm/bytes/swapped', [4096]],
      ['sem/count/arrays', [1]],
      ['sem/count/total', [3]],
      ['msg/count/queues', [1]],
      ['msg/count/headers', [7]],
      ['msg/count/space', [120]],
    ],
  );
});

test('hugepages: surplus pages are in use; no percent of nothing', async () => {
  const size = '/sys/kernel/mm/hugepages/hugepages-2048kB';
  const host = createFakeHost({
    [`${size}/nr_hugepages`]: '6\n',
    [`${size}/surplus_hugepages`]: '2\n',
    [`${size}/free_hugepages`]: '2\n',
    '/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages': '0\n',
    '/sys/kernel/mm/hugepages/hugepages-1048576kB/surplus_hugepages': '0\n',
    '/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages': '0\n',
  });
  const all = { valuesBytes: true, valuesPercentage: true };
  const found = await collect(createCollector(hugepages, all), host);
  assert.deepEqual(found.get('mm-2048Kb/vmpage_number/used'), [6]);
  assert.deepEqual(found.get('mm-2048Kb/memory/free'), [4 * 1024 * 1024]);
  assert.deepEqual(found.get('mm-2048Kb/percent/used'), [75]);
  assert.equal(found.has('mm-1048576Kb/percent/used'), false);
});

test('buddyinfo: sizes from one page on, zones chosen by name', async () => {
  const host = createFakeHost({
    '/proc/buddyinfo': 'Node 0, zone      DMA      1      0\nNode 1, zone   Normal  12831   8732\n',
  });
  const found = await collect(createCollector(buddyinfo, { zone: ['Normal'] }), host);
  const kilobytes = host.pageBytes / 1024;
  assert.deepEqual(
    [...found],
    [
      [`Node1/Normal/freepages/${kilobytes}KB`, [12831]],
      [`Node1/Normal/freepages/${kilobytes * 2}KB`, [8732]],
    ],
  );
});

test('md: disks of an array by state', async () => {
  const host = createFakeHost({
    '/sys/block/md127/dev': '9:127\n',
    '/sys/block/md127/md/raid_disks': '4\n',
    '/sys/block/md127/md/dev-sda/state': 'in_sync\n',
    '/sys/block/md127/md/dev-sdb/state': 'faulty\n',
    '/sys/block/md127/md/dev-sdc/state': 'spare\n',
    '/sys/block/sda/dev': '8:0\n',
  });
  const found = await collect(createCollector(md), host);
  assert.deepEqual(
    [...found],
    ['active', 'failed', 'spare', 'missing'].map((state) => [`127/md_disks/${state}`, [1]]),
  );
  const none = { device: ['/dev/md127'], ignoreSelected: true };
  assert.equal((await collect(createCollector(md, none), host)).size, 0);
});

test('irq: summed over the CPUs, text after the counters ignored', async () => {
  const host = createFakeHost({
    '/proc/interrupts':
      '           CPU0       CPU1\n  0:  5  7  IO-APIC 2-edge timer\nLOC: 10 20 Local timer\nERR: 3\nFIQ: x\n',
  });
  const found = await collect(createCollector(irq), host);
  assert.deepEqual(
    [...found],
    [
      ['/irq/0', [12]],
      ['/irq/LOC', [30]],
      ['/irq/ERR', [3]],
    ],
  );
  const one = await collect(createCollector(irq, { irq: ['LOC'] }), host);
  assert.deepEqual([...one.keys()], ['/irq/LOC']);
});

test('protocols: pairs of lines, selected by protocol:name', async () => {
  const host = createFakeHost({
    '/proc/net/snmp': 'Tcp: InSegs OutSegs\nTcp: 5 -1\nUdp: A\nUdp: 1 2\n',
    '/proc/net/netstat': 'IpExt: InOctets\nIpExt: 9\n',
  });
  const found = await collect(createCollector(protocols), host);
  assert.deepEqual(
    [...found.keys()],
    [
      'Tcp/protocol_counter/InSegs',
      'Tcp/protocol_counter/OutSegs',
      'IpExt/protocol_counter/InOctets',
    ],
  );
  const one = await collect(createCollector(protocols, { value: ['/^Tcp:In/'] }), host);
  assert.equal(one.size, 1);
});

test('tcpconns: by listening port, by named port, together', async () => {
  const line = (local: string, remote: string, state: string): string =>
    `   0: 0100007F:${local} 0100007F:${remote} ${state} 00000000:00000000 00:00000000 00000000 0\n`;
  const title = '  sl  local_address rem_address   st\n';
  const host = createFakeHost({
    '/proc/net/tcp':
      title + line('1F90', 'C001', '01') + line('1F90', '0000', '0A') + line('C001', '1F90', '06'),
    '/proc/net/tcp6': `${title}  0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 0\n`,
  });
  const listening = await collect(createCollector(tcpconns), host);
  assert.equal(listening.size, 22);
  assert.deepEqual(listening.get('8080-local/tcp_connections/ESTABLISHED'), [1]);
  assert.deepEqual(listening.get('8081-local/tcp_connections/LISTEN'), [1]);
  const named = await collect(
    createCollector(tcpconns, { remotePort: [8080], allPortsSummary: true }),
    host,
  );
  assert.deepEqual(named.get('8080-remote/tcp_connections/TIME_WAIT'), [1]);
  assert.deepEqual(named.get('all/tcp_connections/LISTEN'), [2]);
  assert.equal(named.size, 22);
});

test('vmem: pages, faults and paging; zones with verbose', async () => {
  const host = createFakeHost({
    '/proc/vmstat':
      'nr_dirty 5\nnr_dirtied 9\npgpgin 1\npgpgout 2\npswpin 3\npswpout 4\npgfault 5\npgmajfault 6\n' +
      'pgalloc_dma32 7\npgsteal_kswapd 8\npgscan_direct_normal 9\npgfree 10\nother 11\n',
  });
  const plain = await collect(createCollector(vmem), host);
  assert.deepEqual(
    [...plain.keys()],
    [
      '/vmpage_number/dirty',
      '/vmpage_action/dirtied',
      '/vmpage_faults/',
      '/vmpage_io/memory',
      '/vmpage_io/swap',
    ],
  );
  const verbose = await collect(createCollector(vmem, { verbose: true }), host);
  for (const key of [
    'dma32/vmpage_action/alloc',
    'kswapd/vmpage_action/steal',
    'normal/vmpage_action/scan_direct',
    '/vmpage_action/free',
  ])
    assert.ok(verbose.has(key), key);
  assert.equal(verbose.size, 9);
});

test('thermal: /sys, else /proc/acpi', async () => {
  const sys = createFakeHost({
    '/sys/class/thermal/thermal_zone0/temp': '45500\n',
    '/sys/class/thermal/cooling_device0/cur_state': '2\n',
  });
  const found = await collect(createCollector(thermal), sys);
  assert.deepEqual(found.get('thermal_zone0/temperature/'), [45.5]);
  assert.deepEqual(found.get('cooling_device0/gauge/'), [2]);
  const acpi = createFakeHost({
    '/proc/acpi/thermal_zone/THRM/temperature': 'temperature:             50 F\n',
  });
  assert.deepEqual((await collect(createCollector(thermal), acpi)).get('THRM/temperature/'), [10]);
});

test('cpufreq: frequency, changes and share of time', async () => {
  const directory = '/sys/devices/system/cpu/cpu0/cpufreq';
  const host = createFakeHost({
    [`${directory}/scaling_cur_freq`]: '2400000\n',
    [`${directory}/stats/total_trans`]: '7\n',
    [`${directory}/stats/time_in_state`]: '2400000 100\n1200000 50\n',
  });
  const collector = createCollector(cpufreq);
  assert.deepEqual((await collect(collector, host)).get('0/cpufreq/'), [2.4e9]);
  host.files.set(`${directory}/stats/time_in_state`, '2400000 850\n1200000 300\n');
  const found = await collect(collector, host);
  assert.deepEqual(found.get('0/percent/2400000'), [75]);
  assert.deepEqual(found.get('0/percent/1200000'), [25]);
});

test('nfs: procedures by name, for client and server', async () => {
  const numbers = (count: number): string => Array.from({ length: count }, (_, i) => i).join(' ');
  const host = createFakeHost({
    '/proc/net/rpc/nfs': `net 0 0 0 0\nrpc 1 2 3\nproc3 22 ${numbers(22)}\nproc4 60 ${numbers(60)}\n`,
    '/proc/net/rpc/nfsd': `rc 0 0 0\nproc2 18 ${numbers(18)}\nproc4ops 72 ${numbers(72)}\n`,
  });
  const found = await collect(createCollector(nfs), host);
  assert.deepEqual(found.get('v3client/nfs_procedure/commit'), [21]);
  assert.deepEqual(found.get('v4client/nfs_procedure/fsid_present'), [37]);
  assert.deepEqual(found.get('v4client/nfs_procedure/exchange_id'), [38]);
  assert.deepEqual(found.get('v4client/nfs_procedure/copy'), [59]);
  assert.deepEqual(found.get('v2server/nfs_procedure/fsstat'), [17]);
  assert.deepEqual(found.get('v4server/nfs_procedure/release_lockowner'), [39]);
  assert.deepEqual(found.get('v4server/nfs_procedure/clone'), [71]);
});

test('zfs_arc: sizes, results and the hit ratio of the interval', async () => {
  const text = (hits: number, misses: number): string =>
    `13 1 0x01\nname type data\nhits 4 ${hits}\nmisses 4 ${misses}\nsize 4 1000\nother_size 4 5\nmfu_hits 4 3\nl2_read_bytes 4 1\nl2_write_bytes 4 2\n`;
  const host = createFakeHost({ '/proc/spl/kstat/zfs/arcstats': text(100, 100) });
  const collector = createCollector(zfsArc);
  assert.equal((await collect(collector, host)).has('/cache_ratio/arc'), false);
  host.files.set('/proc/spl/kstat/zfs/arcstats', text(190, 110));
  const found = await collect(collector, host);
  assert.deepEqual(found.get('/cache_ratio/arc'), [0.9]);
  assert.deepEqual(found.get('/cache_size/arc'), [1000]);
  assert.deepEqual(found.get('/cache_size/other_size'), [5]);
  assert.deepEqual(found.get('/io_octets/L2'), [1, 2]);
});

const id = 'ab'.repeat(32);

test('cgroups, version 1: second level as collectd, memory and tasks beside it', async () => {
  const host = createFakeHost({
    '/proc/self/mounts':
      'cgroup /cg/cpu cgroup rw,cpu,cpuacct 0 0\ncgroup /cg/memory cgroup rw,memory 0 0\ncgroup2 /cg/unified cgroup2 rw 0 0\n',
    '/cg/cpu/system.slice/nginx.service/cpuacct.stat': 'user 10\nsystem 20\n',
    '/cg/cpu/system.slice/cpuacct.stat': 'user 1\nsystem 2\n',
    '/cg/memory/system.slice/nginx.service/memory.usage_in_bytes': '4096\n',
    '/cg/memory/system.slice/nginx.service/memory.limit_in_bytes': '9223372036854771712\n',
  });
  const found = await collect(createCollector(cgroups), host);
  assert.deepEqual(
    [...found],
    [
      ['nginx.service/cpu/user', [10]],
      ['nginx.service/cpu/system', [20]],
      ['nginx.service/memory/used', [4096]],
    ],
  );
});

test('cgroups, version 2: services, containers by name, bounded', async () => {
  const group = (path: string): Record<string, string> => ({
    [`/cg${path}/cpu.stat`]: 'usage_usec 9\nuser_usec 2000000\nsystem_usec 500000\n',
    [`/cg${path}/memory.current`]: '100\n',
    [`/cg${path}/memory.max`]: '200\n',
    [`/cg${path}/pids.current`]: '3\n',
    [`/cg${path}/io.stat`]: '8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=2\n',
  });
  const host = createFakeHost({
    '/proc/self/mounts': 'cgroup2 /cg cgroup2 rw 0 0\n',
    ...group('/system.slice/a.service'),
    ...group(`/system.slice/docker-${id}.scope`),
    ...group(`/kubepods.slice/burstable.slice/pod1.slice/cri-containerd-${'cd'.repeat(32)}.scope`),
    [`/var/lib/docker/containers/${id}/config.v2.json`]: '{"ID":"x","Name":"/shop"}',
  });
  const found = await collect(createCollector(cgroups), host);
  assert.deepEqual(found.get('a.service/cpu/user'), [200]);
  assert.deepEqual(found.get('shop/memory/used'), [100]);
  assert.deepEqual(found.get('shop/memory/limit'), [200]);
  assert.deepEqual(found.get('shop/count/tasks'), [3]);
  assert.deepEqual(found.get('cdcdcdcdcdcd/disk_octets/'), [11, 22]);
  const few = await collect(
    createCollector(cgroups, { groupsMax: 1, cgroup: ['shop', 'a.service'] }),
    host,
  );
  assert.equal(new Set([...few.keys()].map((key) => key.split('/')[0])).size, 1);
});

test('users: sessions of a utmp file', async () => {
  const record = (type: number): string => String.fromCharCode(type, 0) + '\0'.repeat(382);
  const host = createFakeHost({ '/run/utmp': record(2) + record(7) + record(8) + record(7) });
  assert.deepEqual((await collect(createCollector(users), host)).get('/users/'), [2]);
  assert.deepEqual((await collect(createCollector(users), createFakeHost())).get('/users/'), [0]);
});

test('the agent about itself', async () => {
  const self = () => ({
    ...emptySelf(),
    queuedPoints: 4,
    droppedPoints: 2,
    series: 9,
    collectors: [{ name: 'cpu', lastMs: 5, failures: 1, overruns: 0 }],
    outputs: [
      {
        name: 'carbon:2003/tcp',
        connected: true,
        sentPoints: 7,
        resentPoints: 1,
        droppedPoints: 2,
        queuedPoints: 4,
        spoolBytes: 100,
        reconnects: 1,
      },
    ],
    inputs: { statsd: { 'bad lines': 3, names: 5 } },
  });
  const own = await collect(createCollector(agentItself, {}, self), createFakeHost());
  assert.deepEqual(own.get('collector_cpu/duration/'), [0.005]);
  assert.deepEqual(own.get('output_carbon_2003_tcp/derive/dropped'), [2]);
  assert.deepEqual(own.get('input_statsd/derive/bad_lines'), [3]);
  assert.deepEqual(own.get('input_statsd/gauge/names'), [5]);
  assert.ok(Number(own.get('/ps_rss/')?.[0]) > 1e6);
  const theirs = await collect(createCollector(internal, {}, self), createFakeHost());
  assert.deepEqual(
    [...theirs],
    [
      ['write_queue/queue_length/', [4]],
      ['write_queue/derive/dropped', [2]],
      ['cache/cache_size/', [9]],
    ],
  );
});

test('every collector has one name, a summary, a schema with defaults for all', () => {
  assert.equal(new Set(plugins.map(({ name }) => name)).size, plugins.length);
  for (const plugin of plugins) {
    assert.ok(plugin.summary.length > 5);
    assert.doesNotThrow(() => plugin.options.parse({}), plugin.name);
    assert.doesNotThrow(() => plugin.options.parse(plugin.collectdDefaults), plugin.name);
  }
  assert.ok(valueTypes.size > 250);
});
