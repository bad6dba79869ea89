// The agent as a process: what arrives at a server, through outages, restarts and changed files.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { projectRoot } from '../../bundle/develop/project.ts';

const linuxReason = process.platform === 'linux' ? false : 'the collectors read /proc';

class CarbonSink {
  lines: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.sockets.add(socket);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
    });
  });
  async listen(port = 0): Promise<number> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as { port: number }).port;
  }
  /** As if killed: connections are cut, nothing listens any more. */
  async kill(): Promise<void> {
    for (const socket of this.sockets) socket.resetAndDestroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
  has(part: string): boolean {
    return this.lines.some((line) => line.includes(part));
  }
  /** Times at which the metric has a point, sorted, each once. */
  timesOf(name: string): number[] {
    const times = new Set<number>();
    for (const line of this.lines) {
      const [metric, , time] = line.split(' ');
      if (metric === name) times.add(Number(time));
    }
    return [...times].sort((a, b) => a - b);
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < end, `never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function setUp(t: TestContext, config: string) {
  const directory = mkdtempSync(join(tmpdir(), 'agent-'));
  mkdirSync(join(directory, 'conf/agent.d'), { recursive: true });
  writeFileSync(join(directory, 'conf/agent.yml'), config);
  let child: ChildProcess | undefined;
  let output = '';
  const start = (): void => {
    child = spawn(process.execPath, [join(projectRoot, 'bundle/agent/main.ts')], {
      cwd: directory,
    });
    child.stdout?.on('data', (text) => {
      output += text;
    });
    child.stderr?.on('data', (text) => {
      output += text;
    });
  };
  const kill = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = once(child, 'exit');
    child.kill(signal);
    return (await ended)[0];
  };
  const isReady = (): boolean => {
    const file = join(directory, 'run/agent.state.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).ready === true;
  };
  t.after(async () => {
    await kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  start();
  return { directory, start, kill, isReady, child: () => child, output: () => output };
}

const configFor = (port: number, more = ''): string => `hostname: h
interval: 1
outputs: [{ host: 127.0.0.1, port: ${port} }]
reconnect: { maxMilliseconds: 1000 }
${more}`;

const metric = 'collectd.h.load.load.relative.shortterm';

test('collects, says it is ready, stops cleanly', { skip: linuxReason }, async (t) => {
  const sink = new CarbonSink();
  t.after(() => sink.kill());
  const port = await sink.listen();
  const agent = setUp(t, configFor(port));
  await until('ready', agent.isReady);
  await until('rates', () => sink.has('collectd.h.cpu.0.percent.idle'));
  // The kinds of memory of one collection make up all there is.
  const kinds = new Map<string, number>();
  for (const one of sink.lines) {
    const [name = '', value] = one.split(' ');
    if (name.startsWith('collectd.h.memory.memory.') && !kinds.has(name))
      kinds.set(name, Number(value));
  }
  const total = [...kinds.values()].reduce((sum, value) => sum + value, 0);
  const memTotal = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
  assert.equal(total, memTotal * 1024);
  for (const one of sink.lines) assert.match(one, /^collectd\.h\.[\w.-]+ -?[\d.e+-]+ \d{10}$/);
  assert.equal(await agent.kill('SIGTERM'), 0);
  assert.equal(existsSync(join(agent.directory, 'run/agent.state.json')), false);
});

test('an outage of the server and a kill of the agent in it leave no gap', {
  skip: linuxReason,
}, async (t) => {
  const before = new CarbonSink();
  t.after(() => before.kill());
  const after = new CarbonSink();
  t.after(() => after.kill());
  const port = await before.listen();
  const agent = setUp(t, configFor(port));
  await until('two points', () => before.timesOf(metric).length >= 2);
  await before.kill();
  const spool = join(agent.directory, 'storage/agent/spool', `127.0.0.1_${port}_tcp`);
  const spooled = (): number =>
    readdirSync(spool)
      .filter((name) => name.endsWith('.lines'))
      .reduce((sum, name) => sum + statSync(join(spool, name)).size, 0);
  await until('a spool', () => existsSync(spool) && spooled() > 0);
  const size = spooled();
  await until('more in the spool', () => spooled() > size);
  await agent.kill('SIGKILL');
  const killedAt = Math.floor(Date.now() / 1000);
  agent.start();
  await after.listen(port);
  const startedAt = (): number => after.timesOf(metric).find((time) => time > killedAt) ?? Infinity;
  await until('points of the new process', () => startedAt() < Infinity);
  await until('the spool is sent', () => spooled() === 0);
  const missing = (): number[] => {
    const all = new Set([...before.timesOf(metric), ...after.timesOf(metric)]);
    const gaps: number[] = [];
    for (let time = Math.min(...all); time < killedAt; time++) if (!all.has(time)) gaps.push(time);
    return gaps;
  };
  await until('a series without gap', () => missing().length === 0);
});

test('a dead output costs the others nothing', { skip: linuxReason }, async (t) => {
  const dead = new CarbonSink();
  const deadPort = await dead.listen();
  await dead.kill();
  const sink = new CarbonSink();
  t.after(() => sink.kill());
  const port = await sink.listen();
  setUp(
    t,
    configFor(port).replace(
      'outputs: [',
      `outputs: [{ host: 127.0.0.1, port: ${deadPort} }, { host: no-such-host.invalid }, `,
    ),
  );
  await until('four points', () => sink.timesOf(metric).length >= 4);
  const times = sink.timesOf(metric);
  assert.equal(times.at(-1)! - times[0]!, times.length - 1);
});

test('drop-ins and agent.yml are taken up while it runs; a faulty one stops nothing', {
  skip: linuxReason,
}, async (t) => {
  const sink = new CarbonSink();
  t.after(() => sink.kill());
  const port = await sink.listen();
  const agent = setUp(t, configFor(port));
  await until('ready', agent.isReady);
  assert.equal(sink.has('collectd.h.users.'), false);
  writeFileSync(
    join(agent.directory, 'conf/agent.d/users.yml'),
    'plugins: { users: { enabled: true } }\n',
  );
  await until('the new collector', () => sink.has('collectd.h.users.users '));
  writeFileSync(join(agent.directory, 'conf/agent.d/bad.yml'), 'plugins:\n  uzers: {}\n');
  await until('the report', () => /bad\.yml:2: unknown key/.test(agent.output()));
  const count = sink.timesOf(metric).length;
  await until('it goes on', () => sink.timesOf(metric).length > count + 1);
  writeFileSync(
    join(agent.directory, 'conf/agent.yml'),
    configFor(port, 'naming: { prefix: other. }\n'),
  );
  agent.child()?.kill('SIGHUP');
  await until('the new prefix', () => sink.has('other.h.users.users '));
});

test('a wrong configuration is refused with file, line and key', {
  skip: linuxReason,
}, async (t) => {
  const agent = setUp(t, 'hostname: h\nintervall: 5\n');
  const [code] = await once(agent.child()!, 'exit');
  assert.equal(code, 78);
  assert.match(
    agent.output(),
    /agent\.yml:2: unknown key "intervall" \(did you mean "interval"\?\)/,
  );
});
