// What the agent costs: CPU time per collection and memory, beside Debian's collectd with the same
// collectors when it is installed, and passes over 500 and 50 000 processes.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../bundle/agent/host.ts';
import { ProcessGroup } from '../../bundle/agent/process-table/process-group.ts';
import { ProcessTable } from '../../bundle/agent/process-table/process-table.ts';
import { logFileVariable } from '../../bundle/core/service-state.ts';
import { buildBundle } from '../../bundle/develop/build.ts';
import { supervisorSchema } from '../../bundle/supervisor/config.ts';
import { serviceCommand } from '../../bundle/supervisor/service-command.ts';

const warmUpCollections = 10;
const measuredCollections = 30;
const intervalSeconds = 10; // what is shipped; here one second stands for it
const budgetPercent = 0.5;

const plugins = `
<Plugin cpu>
  ReportByCpu true
  ReportByState true
  ValuesPercentage true
  ReportNumCpu true
  ReportGuestState true
</Plugin>
<Plugin df>
  FSType devtmpfs
  FSType tmpfs
  IgnoreSelected true
  ReportByDevice true
  ValuesPercentage true
</Plugin>
LoadPlugin disk
<Plugin interface>
  Interface "lo"
  IgnoreSelected true
</Plugin>
<Plugin load>
  ReportRelative true
</Plugin>
<Plugin memory>
  ValuesPercentage true
</Plugin>
<Plugin swap>
  ReportByDevice true
  ReportBytes true
  ValuesPercentage true
</Plugin>
<Plugin processes>
  CollectContextSwitch true
  CollectMemoryMaps true
  ProcessMatch "dss_backend" ".*java -Ddku\\.backend .*"
  ProcessMatch "dss_fek" ".*java -Ddku\\.fek .*"
  ProcessMatch "dss_jek" ".*java -Ddku\\.jek .*"
</Plugin>
`;

interface Cost {
  name: string;
  cpuMsPerCollection: number;
  percentOfCore: number;
  rssMb: number;
  privateMb: number;
  points: number;
}

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function kilobytes(pid: number, file: string, key: string): number {
  const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}

async function measure(name: string, start: (port: number) => ChildProcess): Promise<Cost> {
  let collections = 0;
  let points = 0;
  const server = createServer((socket) => {
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      points += lines.length;
      collections += lines.filter((line) => line.includes('.load.relative.shortterm ')).length;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const child = start((server.address() as { port: number }).port);
  try {
    const reach = async (count: number): Promise<void> => {
      while (collections < count) {
        assert.equal(child.exitCode, null, `${name} ended`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const pid = child.pid!;
    await reach(warmUpCollections);
    const before = cpuMs(pid);
    const from = collections;
    const pointsBefore = points;
    await reach(from + measuredCollections);
    const count = collections - from;
    const cpuMsPerCollection = (cpuMs(pid) - before) / count;
    return {
      name,
      cpuMsPerCollection,
      percentOfCore: cpuMsPerCollection / (intervalSeconds * 10),
      rssMb: kilobytes(pid, 'status', 'VmRSS') / 1024,
      privateMb: kilobytes(pid, 'smaps_rollup', 'Pss_Anon') / 1024,
      points: Math.round((points - pointsBefore) / count),
    };
  } finally {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
    server.close();
  }
}

interface Pass {
  processes: number;
  cpuMs: number;
}

/** One pass over so many processes in files like those of /proc, read as the collector reads them. */
async function passOver(processes: number): Promise<Pass> {
  const proc = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'agent-bench-'));
  try {
    for (let pid = 1; pid <= processes; pid++) {
      mkdirSync(join(proc, `${pid}`));
      writeFileSync(
        join(proc, `${pid}/stat`),
        `${pid} (worker) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0\n`,
      );
    }
    const group = new ProcessGroup({
      name: 'g',
      collectFileDescriptor: false,
      collectContextSwitch: false,
      collectMemoryMaps: false,
    });
    const host = createHost({ proc, sys: '/sys', root: '/' });
    const table = new ProcessTable([{ group, matches: (name) => name === 'none' }]);
    // While they are young their command lines are read again each time.
    for (let i = 0; i < 14; i++) await table.collect(host);
    const before = process.cpuUsage();
    const counts = await table.collect(host);
    const { user, system } = process.cpuUsage(before);
    assert.equal(counts.sleeping, processes);
    return { processes, cpuMs: (user + system) / 1000 };
  } finally {
    rmSync(proc, { recursive: true, force: true });
  }
}

if (process.platform !== 'linux') {
  process.stdout.write('agent: skipped, the collectors read /proc\n');
} else {
  const directory = mkdtempSync(join(tmpdir(), 'agent-bench-'));
  try {
    mkdirSync(join(directory, 'conf'));
    await buildBundle(directory);
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    const { command, environment } = serviceCommand(
      directory,
      'agent',
      supervisorSchema.parse({}).services.agent,
    );
    delete environment[logFileVariable];
    const flags = command.slice(1, -1); // as the supervisor starts it, on the runtime of the bench
    const costs: Cost[] = [];
    costs.push(
      await measure('agent', (port) => {
        writeFileSync(
          join(directory, 'conf/agent.yml'),
          `hostname: h\ninterval: 1\noutputs: [{ host: 127.0.0.1, port: ${port} }]\nplugins:\n  processes:\n    processMatch:\n` +
            ['backend', 'fek', 'jek']
              .map((name) => `      - { name: dss_${name}, regex: '.*java -Ddku\\.${name} .*' }\n`)
              .join(''),
        );
        return spawn(process.execPath, [...flags, 'lib/agent.js'], {
          cwd: directory,
          env: environment,
          stdio: 'ignore',
        });
      }),
    );
    if (spawnSync('collectd', ['-h']).status !== null && existsSync('/usr/lib/collectd')) {
      costs.push(
        await measure('collectd', (port) => {
          writeFileSync(
            join(directory, 'collectd.conf'),
            `Hostname "h"\nBaseDir "${directory}"\nPluginDir "/usr/lib/collectd"\nTypesDB "/usr/share/collectd/types.db"\nAutoLoadPlugin true\nInterval 1\n${plugins}\n<Plugin write_graphite>\n <Node "n">\n  Host "127.0.0.1"\n  Port "${port}"\n  Prefix "collectd."\n  SeparateInstances true\n </Node>\n</Plugin>\n`,
          );
          return spawn('collectd', ['-f', '-C', 'collectd.conf'], {
            cwd: directory,
            stdio: 'ignore',
          });
        }),
      );
    } else process.stdout.write('collectd is not installed: the agent is measured alone\n');
    process.stdout.write(
      'program     CPU ms/collection  % of a core at 10 s  RSS MB  private MB  points\n',
    );
    for (const one of costs) {
      process.stdout.write(
        `${one.name.padEnd(12)}${one.cpuMsPerCollection.toFixed(2).padStart(17)}${one.percentOfCore.toFixed(3).padStart(21)}${one.rssMb.toFixed(0).padStart(8)}${one.privateMb.toFixed(0).padStart(12)}${String(one.points).padStart(8)}\n`,
      );
    }
    const own = costs[0]!;
    process.stdout.write(
      `budget ${budgetPercent} % of a core: ${own.percentOfCore < budgetPercent ? 'kept' : 'EXCEEDED'}\n`,
    );
    const passes: Pass[] = [];
    for (const processes of [500, 50_000]) passes.push(await passOver(processes));
    for (const { processes, cpuMs: spent } of passes)
      process.stdout.write(`${processes} processes: ${spent.toFixed(1)} ms CPU for one pass\n`);
    process.stdout.write(`${JSON.stringify({ costs, passes })}\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
