import assert from 'node:assert/strict';
import test from 'node:test';
import { processes } from '../../../bundle/agent/plugins/processes.ts';
import {
  createProcessStat,
  parseProcessStat,
} from '../../../bundle/agent/process-table/process-stat.ts';
import { collect, createCollector, createFakeHost, type FakeHost } from '../fake-host.ts';

interface Process {
  pid: number;
  name?: string;
  command?: string;
  state?: string;
  user?: number;
  start?: number;
  io?: number;
}

const statText = 'cpu 1\nctxt 900\nprocesses 77\nprocs_running 2\nprocs_blocked 0\n';

function setProcesses(host: FakeHost, list: readonly Process[]): void {
  host.files.clear();
  host.files.set('/proc/stat', statText);
  for (const { pid, name = 'java', command = '', state = 'S', user = 0, start = 5, io } of list) {
    const fields = [
      state,
      1,
      1,
      1,
      0,
      -1,
      0,
      11,
      0,
      2,
      0,
      user,
      7,
      0,
      0,
      20,
      0,
      3,
      0,
      start,
      4096,
      10,
      0,
    ];
    host.files.set(`/proc/${pid}/stat`, `${pid} (${name}) ${fields.join(' ')}\n`);
    host.files.set(`/proc/${pid}/cmdline`, command.replaceAll(' ', '\0'));
    host.files.set(
      `/proc/${pid}/status`,
      'VmData:\t 8 kB\nVmStk:\t 2 kB\nVmExe:\t 3 kB\nVmLib:\t 1 kB\n',
    );
    host.files.set(`/proc/${pid}/maps`, 'a\nb\n');
    host.files.set(`/proc/${pid}/fd/0`, '');
    host.files.set(
      `/proc/${pid}/task/${pid}/status`,
      `voluntary_ctxt_switches:\t${user}\nnonvoluntary_ctxt_switches:\t1\n`,
    );
    if (io !== undefined)
      host.files.set(
        `/proc/${pid}/io`,
        `rchar: ${io}\nwchar: 0\nsyscr: 1\nsyscw: 1\nread_bytes: 0\nwrite_bytes: 0\n`,
      );
  }
}

const backend = { processMatch: [{ name: 'dss_backend', regex: '.*java -Ddku\\.backend .*' }] };

test('states are counted by letter, running is what the kernel says', async () => {
  const host = createFakeHost();
  setProcesses(
    host,
    ['S', 'S', 'D', 'Z', 'T', 'I', 'R'].map((state, i) => ({ pid: i + 1, state })),
  );
  const found = await collect(createCollector(processes), host);
  const of = (state: string): unknown => found.get(`/ps_state/${state}`)?.[0];
  assert.deepEqual(
    ['running', 'sleeping', 'blocked', 'zombies', 'stopped', 'paging'].map(of),
    [2, 2, 1, 1, 1, 0],
  );
  assert.deepEqual(found.get('/fork_rate/'), [77]);
});

test('a group without processes sends zeros, and no I/O', async () => {
  const host = createFakeHost();
  setProcesses(host, [{ pid: 1, command: 'init' }]);
  const found = await collect(createCollector(processes, backend), host);
  assert.deepEqual(found.get('dss_backend/ps_count/'), [0, 0]);
  assert.deepEqual(found.get('dss_backend/ps_cputime/'), [0, 0]);
  assert.equal(found.has('dss_backend/io_octets/'), false);
  assert.equal([...found.keys()].filter((key) => key.startsWith('dss_backend')).length, 8);
});

test('members are summed; a late one begins at zero; one that ends takes nothing away', async () => {
  const host = createFakeHost();
  const collector = createCollector(processes, backend);
  const command = '/usr/bin/java -Ddku.backend -Xmx4g';
  setProcesses(host, [{ pid: 10, command, user: 100, io: 1000 }]);
  let found = await collect(collector, host);
  assert.deepEqual(found.get('dss_backend/ps_cputime/'), [0, 0]);
  assert.deepEqual(found.get('dss_backend/ps_rss/'), [10 * 4096]);
  assert.deepEqual(found.get('dss_backend/ps_code/'), [4 * 1024]);
  assert.deepEqual(found.get('dss_backend/file_handles/'), [1]);
  assert.deepEqual(found.get('dss_backend/file_handles/mapped'), [2]);
  assert.equal(found.has('dss_backend/io_octets/'), false);

  setProcesses(host, [
    { pid: 10, command, user: 150, io: 1500 },
    { pid: 11, command, user: 100_000, io: 5 },
  ]);
  found = await collect(collector, host);
  assert.deepEqual(found.get('dss_backend/ps_cputime/'), [500_000, 0]);
  assert.deepEqual(found.get('dss_backend/ps_count/'), [2, 6]);
  assert.deepEqual(found.get('dss_backend/io_octets/'), [500, 0]);
  assert.deepEqual(found.get('dss_backend/contextswitch/voluntary'), [50]);

  setProcesses(host, [{ pid: 11, command, user: 100_010, io: 5 }]);
  found = await collect(collector, host);
  assert.deepEqual(found.get('dss_backend/ps_cputime/'), [600_000, 0]);
  assert.deepEqual(found.get('dss_backend/ps_count/'), [1, 3]);

  // The pid comes back as another process: it begins at zero too.
  setProcesses(host, [{ pid: 11, command, user: 900_000, start: 99 }]);
  found = await collect(collector, host);
  assert.deepEqual(found.get('dss_backend/ps_cputime/'), [600_000, 0]);
});

test('command lines of others are not read again, those of the young and renamed are', async () => {
  const host = createFakeHost();
  const collector = createCollector(processes, backend);
  setProcesses(host, [{ pid: 1, name: 'bash', command: 'bash start.sh' }]);
  for (let i = 0; i < 20; i++) await collect(collector, host);
  host.reads.length = 0;
  for (let i = 0; i < 5; i++) await collect(collector, host);
  assert.equal(host.reads.filter((path) => path.endsWith('/cmdline')).length, 0);
  setProcesses(host, [{ pid: 1, name: 'java', command: 'java -Ddku.backend x' }]);
  const found = await collect(collector, host);
  assert.deepEqual(found.get('dss_backend/ps_count/'), [1, 3]);
});

test('Process takes the exact name, and [name] stands for an empty command line', async () => {
  const host = createFakeHost();
  setProcesses(host, [
    { pid: 1, name: 'nginx', command: 'nginx: worker' },
    { pid: 2, name: 'kworker/0:1' },
  ]);
  const collector = createCollector(processes, {
    process: [{ name: 'nginx' }, { name: 'ngin' }],
    processMatch: [{ name: 'kernel', regex: '^\\[kworker' }],
  });
  const found = await collect(collector, host);
  assert.deepEqual(found.get('nginx/ps_count/')?.[0], 1);
  assert.deepEqual(found.get('ngin/ps_count/')?.[0], 0);
  assert.deepEqual(found.get('kernel/ps_count/')?.[0], 1);
});

test('a zombie is no process of its group', async () => {
  const host = createFakeHost();
  setProcesses(host, [{ pid: 1, state: 'Z', command: 'java -Ddku.backend x' }]);
  const found = await collect(createCollector(processes, backend), host);
  assert.deepEqual(found.get('dss_backend/ps_count/'), [0, 0]);
});

test('a process that vanishes between two reads counts as far as it got', async () => {
  const host = createFakeHost();
  setProcesses(host, [{ pid: 1, command: 'java -Ddku.backend x' }]);
  for (const file of ['status', 'maps', 'fd/0', 'task/1/status'])
    host.files.delete(`/proc/1/${file}`);
  const found = await collect(createCollector(processes, backend), host);
  assert.deepEqual(found.get('dss_backend/ps_count/'), [1, 3]);
  assert.deepEqual(found.get('dss_backend/ps_data/'), [0]);
});

test('50 000 processes are read, each with one file', async () => {
  const host = createFakeHost();
  host.files.set('/proc/stat', statText);
  for (let pid = 1; pid <= 50_000; pid++)
    host.files.set(
      `/proc/${pid}/stat`,
      `${pid} (w) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0\n`,
    );
  const found = await collect(createCollector(processes), host);
  assert.deepEqual(found.get('/ps_state/sleeping'), [50_000]);
  assert.equal(host.reads.length, 50_001);
});

test('stat lines: names with parentheses and spaces, cut lines', () => {
  const stat = createProcessStat();
  const line = '7 (a) b) (c) R 1 1 1 0 -1 0 9 0 0 0 1 2 0 0 20 0 3 0 55 4096 10 0\n';
  const bytes = Buffer.from(line);
  assert.equal(parseProcessStat(bytes, stat), true);
  assert.equal(bytes.toString('utf8', stat.nameFrom, stat.nameTo), 'a) b) (c');
  assert.equal(String.fromCharCode(stat.state), 'R');
  assert.equal(stat.values[19], 55);
  for (let length = 0; length < 40; length++)
    assert.equal(parseProcessStat(bytes.subarray(0, length), stat), false);
});
