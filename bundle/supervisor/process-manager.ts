// The one file that knows pm2. Its engine ("God") is used inside this process: the public API
// reaches the same engine through two sockets without authentication, whose paths must be short.
// The engine starts processes, notices their end and starts them again with growing pauses.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isRunning, startTimeOf } from '../core/process-identity.ts';
import { signalProcess } from './process-info.ts';

export interface ProcessPlan {
  name: string;
  /** Program and arguments, relative to the working directory. */
  command: readonly string[];
  environment: Record<string, string>;
  /** File that receives what the process prints, by descriptor: nothing passes through memory here. */
  outputFile: string;
  restartDelayMs: number;
  stopMs: number;
}

export interface ProcessEnd {
  name: string;
  code: number | null;
  signal: string | null;
  /** False when the end was asked for. */
  unwanted: boolean;
}

export interface ProcessManager {
  /** Starts the process and keeps it running. */
  start(plan: ProcessPlan): Promise<void>;
  /** Ends the process and its group, and forgets it. Resolves when it is gone. */
  stop(name: string): Promise<void>;
  /** The process number, or undefined between two runs. */
  pidOf(name: string): number | undefined;
  /** Forgets the grown pause, once the process has proved itself. */
  forgetDelay(name: string): void;
  signal(name: string, signal: NodeJS.Signals): boolean;
}

export interface ProcessEvents {
  started(name: string, pid: number): void;
  ended(end: ProcessEnd): void;
  /** The engine's own chatter, for the debug log. */
  said(text: string): void;
}

interface EngineEnvironment {
  name: string;
  pm_id: number;
  status: string;
  prev_restart_delay?: number;
}

type EngineProcess = ChildProcess & {
  pm2_env: EngineEnvironment;
  process: { pid?: number };
};

type Callback<T> = (error: unknown, value: T) => void;

interface Engine {
  clusters_db: Record<string, EngineProcess>;
  bus: {
    on(
      name: 'process:event',
      listener: (event: { event: string; process: EngineEnvironment }) => void,
    ): void;
  };
  prepare(plan: Record<string, unknown>, done: Callback<unknown>): void;
  deleteProcessId(id: number, done: Callback<unknown>): void;
}

// Not an end: restarts must never run out, a service that cannot start today may start tomorrow.
const restartsMax = 2 ** 31;
const stopPollMs = 20;

function loadEngine(home: string): Engine {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // Host statistics would be collected twice a minute for nobody.
  writeFileSync(join(home, 'module_conf.json'), '{"pm2":{"sysmonit":"false"}}\n');
  Object.assign(process.env, {
    PM2_HOME: home,
    PM2_PROGRAMMATIC: 'true', // no banner, no version check over the network
    PM2_DISABLE_VERSION_CHECK: 'true',
    PM2_NO_INTERACTION: 'true',
    PM2_LOG_DATE_FORMAT: '', // leaves the console alone
    PM2_KILL_SIGNAL: 'SIGTERM',
    PM2_KILL_RETRY_TIME: String(stopPollMs),
  });
  const require = createRequire(import.meta.url);
  const engine: Engine = require('pm2/lib/God.js');
  return engine;
}

/** Loads pm2's engine with its files in `home` (a private directory is made). Once a process. */
export function createProcessManager(home: string, events: ProcessEvents): ProcessManager {
  const engine = loadEngine(home);
  const say = (...words: unknown[]): void => events.said(words.map(String).join(' '));
  for (const method of ['log', 'info', 'warn', 'error', 'trace'] as const) console[method] = say;

  const find = (name: string): EngineProcess | undefined =>
    Object.values(engine.clusters_db).find((known) => known.pm2_env.name === name);
  const pidOf = (name: string): number | undefined => {
    const known = find(name);
    const pid = known?.process.pid;
    return known === undefined || !pid || known.exitCode !== null || known.signalCode !== null
      ? undefined
      : pid;
  };
  const stopping = new Set<string>();
  const watch = (child: EngineProcess): void => {
    const { name } = child.pm2_env;
    if (child.pid === undefined) return;
    events.started(name, child.pid);
    child.once('exit', (code, signal) =>
      events.ended({ name, code, signal, unwanted: !stopping.has(name) }),
    );
  };
  engine.bus.on('process:event', ({ event, process }) => {
    const child = engine.clusters_db[process.pm_id];
    if (event === 'online' && child !== undefined) watch(child);
  });

  return {
    start: (plan) =>
      new Promise((resolve, reject) => {
        const started = {
          name: plan.name,
          // The shell opens the output file and becomes the service: same process number.
          pm_exec_path: '/bin/sh',
          args: ['-c', 'out=$1; shift; exec "$@" >>"$out" 2>&1', 'sh', plan.outputFile].concat(
            plan.command,
          ),
          exec_mode: 'fork_mode',
          exec_interpreter: 'none',
          pm_cwd: '.',
          pm_pid_path: join('run/pm2', `${plan.name}.pid`),
          pm_out_log_path: '/dev/null',
          pm_err_log_path: '/dev/null',
          env: plan.environment,
          autorestart: true,
          autostart: true,
          merge_logs: true,
          pmx: false,
          vizion: false,
          treekill: false, // asks `ps`, which a small machine may lack; the group is ended below
          exp_backoff_restart_delay: plan.restartDelayMs,
          max_restarts: restartsMax,
          kill_timeout: plan.stopMs,
        };
        engine.prepare(started, (error) => (error ? reject(error) : resolve()));
      }),
    stop: async (name) => {
      const known = find(name);
      if (known === undefined) return;
      const pid = pidOf(name);
      const startTime = pid === undefined ? undefined : startTimeOf(pid);
      // Between two runs the engine still knows the last number, which may be another's by now.
      if (pid === undefined) known.process.pid = 0;
      stopping.add(name);
      try {
        await new Promise<void>((resolve, reject) =>
          engine.deleteProcessId(known.pm2_env.pm_id, (error) =>
            error ? reject(error) : resolve(),
          ),
        );
      } finally {
        stopping.delete(name);
      }
      if (pid === undefined) return;
      signalProcess(-pid, 'SIGKILL');
      if (startTime !== undefined && isRunning({ pid, startTime })) {
        throw new Error(`the process ${pid} of ${name} cannot be ended`);
      }
    },
    pidOf,
    forgetDelay: (name) => {
      const known = find(name);
      if (known !== undefined) known.pm2_env.prev_restart_delay = 0;
    },
    signal: (name, signal) => {
      const pid = pidOf(name);
      return pid !== undefined && signalProcess(pid, signal);
    },
  };
}
