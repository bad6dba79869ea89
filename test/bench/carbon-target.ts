// The carbons a load run can be made against: ours, and Debian's graphite-carbon as a peer. Each is
// started in a directory of its own with retention 5m:30d,1h:1y and without limits.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryEnvironment } from '../../bundle/supervisor/environment.ts';

export interface CarbonTarget {
  pid: number;
  plaintext: number;
  pickle: number;
  udp: number;
  /** Ours only. */
  protobuf: number | undefined;
  http: number | undefined;
  /** Ours only: where points can be read back at once. */
  carbonserver: number | undefined;
  whisper: string;
  stop(): Promise<void>;
}

export interface TargetSettings {
  /** Next to nothing goes to files: what is left is receiving, parsing and caching. */
  memory?: boolean;
  sparse?: boolean;
  journal?: boolean;
}

export const targetNames = ['dkumonitor', 'python-carbon'] as const;
export type TargetName = (typeof targetNames)[number];

const schemas = '[all]\npattern = .*\nretentions = 5m:30d,1h:1y\n';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Node's flags as the supervisor gives them to services. */
export const serviceFlags = [
  '--max-semi-space-size=4',
  '--expose-gc',
  '--disable-warning=ExperimentalWarning',
];
const main = fileURLToPath(new URL('../../bundle/carbon/main.ts', import.meta.url));

/** Starts the target in `directory`; resolves once its plaintext port answers. */
export async function startTarget(
  name: TargetName,
  directory: string,
  settings: TargetSettings,
): Promise<CarbonTarget> {
  mkdirSync(join(directory, 'conf'), { recursive: true });
  writeFileSync(join(directory, 'conf/storage-schemas.conf'), schemas);
  const ports = {
    plaintext: await freePort(),
    pickle: await freePort(),
    carbonserver: await freePort(),
    udp: await freePort(),
    protobuf: await freePort(),
    http: await freePort(),
  };
  const command =
    name === 'dkumonitor' ? ours(directory, ports, settings) : python(directory, ports, settings);
  const log = openSync(join(directory, 'log'), 'w');
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: directory,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...memoryEnvironment },
  });
  closeSync(log);
  await answers(child, ports.plaintext, directory);
  return {
    pid: child.pid as number,
    plaintext: ports.plaintext,
    pickle: ports.pickle,
    udp: name === 'dkumonitor' ? ports.plaintext : ports.udp,
    protobuf: name === 'dkumonitor' ? ports.protobuf : undefined,
    http: name === 'dkumonitor' ? ports.http : undefined,
    carbonserver: name === 'dkumonitor' ? ports.carbonserver : undefined,
    whisper: join(directory, 'whisper'),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

type Ports = Record<'plaintext' | 'pickle' | 'carbonserver' | 'udp' | 'protobuf' | 'http', number>;

function ours(directory: string, ports: Ports, settings: TargetSettings): string[] {
  const config = {
    plaintext: { listen: `127.0.0.1:${ports.plaintext}` },
    pickle: { enabled: true, listen: `127.0.0.1:${ports.pickle}` },
    protobuf: { enabled: true, listen: `127.0.0.1:${ports.protobuf}` },
    http: { enabled: true, listen: `127.0.0.1:${ports.http}` },
    carbonserver: { listen: `127.0.0.1:${ports.carbonserver}` },
    storage: { directory: 'whisper' },
    journal: { enabled: settings.journal ?? true },
    persister: {
      sparse: settings.sparse ?? false,
      updatesPerSecond: settings.memory ? 1 : 0,
      intervalSeconds: 0.3,
    },
    selfMetrics: { enabled: false },
  };
  writeFileSync(join(directory, 'conf/carbon.yml'), JSON.stringify(config));
  return [process.execPath, ...serviceFlags, main];
}

function python(directory: string, ports: Ports, settings: TargetSettings): string[] {
  const lines = {
    STORAGE_DIR: `${directory}/`,
    LOCAL_DATA_DIR: `${directory}/whisper/`,
    CONF_DIR: `${directory}/conf/`,
    LOG_DIR: `${directory}/log.d/`,
    PID_DIR: `${directory}/`,
    USER: '',
    MAX_CACHE_SIZE: 'inf',
    MAX_UPDATES_PER_SECOND: settings.memory ? '1' : 'inf',
    MAX_CREATES_PER_MINUTE: 'inf',
    LINE_RECEIVER_INTERFACE: '127.0.0.1',
    LINE_RECEIVER_PORT: ports.plaintext,
    ENABLE_UDP_LISTENER: 'True',
    UDP_RECEIVER_INTERFACE: '127.0.0.1',
    UDP_RECEIVER_PORT: ports.udp,
    PICKLE_RECEIVER_INTERFACE: '127.0.0.1',
    PICKLE_RECEIVER_PORT: ports.pickle,
    CACHE_QUERY_INTERFACE: '127.0.0.1',
    CACHE_QUERY_PORT: ports.carbonserver,
    LOG_UPDATES: 'False',
    LOG_CREATES: 'False',
    LOG_LISTENER_CONN_SUCCESS: 'False',
    CACHE_WRITE_STRATEGY: 'sorted',
    WHISPER_AUTOFLUSH: 'False',
    WHISPER_SPARSE_CREATE: settings.sparse ? 'True' : 'False',
    WHISPER_FALLOCATE_CREATE: settings.sparse ? 'False' : 'True',
    ENABLE_TAGS: 'False',
  };
  mkdirSync(join(directory, 'whisper'), { recursive: true });
  const text = Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`);
  writeFileSync(join(directory, 'conf/carbon.conf'), `[cache]\n${text.join('')}`);
  const config = `--config=${join(directory, 'conf/carbon.conf')}`;
  return ['carbon-cache', config, `--pidfile=${directory}/pid`, '--nodaemon', 'start'];
}

async function answers(child: ChildProcess, port: number, directory: string): Promise<void> {
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null)
      throw new Error(`it ended at once:\n${readFileSync(join(directory, 'log'), 'utf8')}`);
    const socket = connect(port, '127.0.0.1');
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it does not listen');
}
