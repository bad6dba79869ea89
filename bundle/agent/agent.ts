// The agent put together: collectors and inputs → pipeline → destinations. Takes a checked
// configuration, and a changed one while it runs: what did not change goes on undisturbed.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname as machineName } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { AgentConfig, OutputConfig } from './config.ts';
import { createHost, type Host } from './host.ts';
import { inputs } from './inputs/index.ts';
import type { Input, RunningInput } from './inputs/input.ts';
import { reverseLabels } from './naming.ts';
import { allowOptimizing } from './optimizer.ts';
import { createDestination, type Destination } from './outputs/destination.ts';
import { carriers } from './outputs/index.ts';
import { createPipeline } from './pipeline.ts';
import { plugins } from './plugins/index.ts';
import type { Collector } from './plugins/plugin.ts';
import { createScheduler, type ScheduledCollector } from './scheduler.ts';
import type { SelfState } from './self.ts';
import { hasSpooled, Spool } from './spool/spool.ts';
import { parseTypesDb, type ValueTypes, valueTypes } from './value-types.ts';

export interface Agent {
  /** Resolves after the first collection. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Takes over a changed configuration; parts that did not change keep running. */
  apply(config: AgentConfig): Promise<void>;
  self(): SelfState;
}

export interface AgentTools {
  log: Logger;
  host?: Host;
  now?: () => number;
  /** Called before each collection; an effective configuration it returns is applied. */
  changed?: () => AgentConfig | undefined;
}

/** Parts under one name that are rebuilt only when their options change. */
interface Kept<T> {
  key: string;
  part: T;
}

// Left by Docker and Podman in every container.
const containerMarks = ['/.dockerenv', '/run/.containerenv'];
const stopMs = 3000;
const forgetEveryMs = 60_000;
const storageDirectory = 'storage/agent';

// Not performance.now(): the object it belongs to costs a megabyte.
const monotonicMs = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
};

/** The host part of metric names. */
export const hostNameOf = (config: Pick<AgentConfig, 'hostname'>): string =>
  config.hostname || reverseLabels(machineName());

/** Between 0 and 1, the same for the same host (FNV-1a). */
function phaseOf(hostName: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(hostName)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

function loadTypes(files: readonly string[]): ValueTypes {
  if (files.length === 0) return valueTypes;
  const all = new Map(valueTypes);
  for (const file of files) {
    for (const [type, sources] of parseTypesDb(readFileSync(file, 'utf8'), file))
      all.set(type, sources);
  }
  return all;
}

const outputName = (output: OutputConfig): string =>
  `${output.host}:${output.port}/${output.protocol}`;

export function createAgent(first: AgentConfig, tools: AgentTools): Agent {
  const { log, now = Date.now } = tools;
  const elapsed = monotonicMs;
  const hostName = hostNameOf(first);
  const types = loadTypes(first.typesDb);
  const pipeline = createPipeline({ hostName, types, now, log });
  let config = first;
  const host = tools.host ?? createHost(first.hostDirectories);
  let isStopped = false;
  const collectors = new Map<string, Kept<Collector>>();
  const destinations = new Map<string, Kept<Destination>>();
  const running = new Map<string, Kept<RunningInput>>();

  const self = (): SelfState => {
    const outputs = [...destinations.values()].map(({ part }) => part.statistics());
    const sum = (of: (one: (typeof outputs)[number]) => number): number =>
      outputs.reduce((total, one) => total + of(one), 0);
    const { series, unknownValues } = pipeline.statistics();
    return {
      queuedPoints: sum((one) => one.queuedPoints),
      droppedPoints: sum((one) => one.droppedPoints),
      sentPoints: sum((one) => one.sentPoints),
      resentPoints: sum((one) => one.resentPoints),
      spoolBytes: sum((one) => one.spoolBytes),
      series,
      unknownValues,
      outputs,
      collectors: scheduler.states(),
      lagMs: scheduler.lagMs(),
      inputs: Object.fromEntries(
        [...running].map(([name, { part }]) => [name, part.statistics?.() ?? {}]),
      ),
    };
  };

  let forgottenMs = 0;
  const scheduler = createScheduler({
    host,
    log,
    now,
    elapsed,
    phase: phaseOf(hostName),
    emit: (plugin, reading, nowMs, elapsedMs) =>
      pipeline.emit({ plugin, ...reading, timeMs: nowMs }, elapsedMs),
    beforeTick: () => {
      const changed = tools.changed?.();
      if (changed === undefined) return undefined;
      return apply(changed).catch((error: unknown) =>
        log.error('the changed configuration is not in effect', { reason: messageOf(error) }),
      );
    },
    afterTick: () => {
      pipeline.flush();
      if (elapsed() - forgottenMs < forgetEveryMs) return;
      forgottenMs = elapsed();
      pipeline.forgetIdle();
    },
  });

  const applyCollectors = (): void => {
    const scheduled: ScheduledCollector[] = [];
    const wanted = new Set<string>();
    for (const plugin of plugins) {
      const options = config.plugins[plugin.name] as { enabled: boolean; interval: number };
      if (!options.enabled) continue;
      if (!plugin.platforms.includes(process.platform)) {
        log.info('a collector is not available on this platform', {
          collector: plugin.name,
          platform: process.platform,
        });
        continue;
      }
      const key = JSON.stringify(options);
      let kept = collectors.get(plugin.name);
      if (kept?.key !== key) {
        try {
          kept = { key, part: plugin.create(options, { log, self }) };
        } catch (error) {
          log.error('a collector cannot start', {
            collector: plugin.name,
            reason: messageOf(error),
          });
          continue;
        }
        collectors.set(plugin.name, kept);
      }
      wanted.add(plugin.name);
      scheduled.push({
        name: plugin.name,
        collector: kept.part,
        intervalMs: (options.interval || config.interval) * 1000,
      });
    }
    for (const name of collectors.keys()) if (!wanted.has(name)) collectors.delete(name);
    scheduler.setCollectors(scheduled);
  };

  const spoolDirectoryOf = (output: string): string =>
    join(config.spool.directory, output.replace(/[^\w.-]+/g, '_'));

  // After an output was renamed or removed its points stay on disk: somebody must be told.
  const reportOrphans = (): void => {
    const used = new Set([...destinations.keys()].map(spoolDirectoryOf));
    for (const name of host.directories(config.spool.directory) ?? []) {
      const directory = join(config.spool.directory, name);
      if (!used.has(directory) && hasSpooled(directory))
        log.warn('spooled points of an output that is no longer configured', { directory });
    }
  };

  const openSpool = (output: string): Spool | undefined => {
    const directory = spoolDirectoryOf(output);
    try {
      return new Spool({ ...config.spool, directory, log });
    } catch (error) {
      log.error('there is no spool, points are kept in memory only', {
        directory,
        reason: messageOf(error),
      });
      return undefined;
    }
  };

  const createOutput = (output: OutputConfig, name: string): Destination => {
    const carrier = carriers.find((one) => one.protocol === output.protocol)!;
    const spool = config.spool.enabled && carrier.isStream ? openSpool(name) : undefined;
    return createDestination(
      {
        ...output,
        host: output.host.replace(/^\[(.*)\]$/, '$1'), // an IPv6 address as it stands in addresses
        name,
        naming: { ...config.naming, ...output.naming },
        reconnectMinMs: config.reconnect.minMilliseconds,
        reconnectMaxMs: config.reconnect.maxMilliseconds,
        replayPointsPerSecond: config.spool.replayPointsPerSecond,
      },
      { carrier, spool, log, now, random: Math.random },
    );
  };

  const applyOutputs = async (): Promise<void> => {
    const wanted = new Map<string, OutputConfig>();
    for (const output of config.outputs) if (output.enabled) wanted.set(outputName(output), output);
    const { naming, spool, reconnect } = config;
    const keyOf = (output: OutputConfig): string =>
      JSON.stringify([output, naming, spool, reconnect]);
    let isChanged = false;
    for (const [name, { key, part }] of destinations) {
      const output = wanted.get(name);
      if (output !== undefined && keyOf(output) === key) continue;
      destinations.delete(name);
      isChanged = true;
      pipeline.setSinks([...destinations.values()].map((kept) => kept.part));
      await part.stop(stopMs);
    }
    for (const [name, output] of wanted) {
      if (destinations.has(name)) continue;
      isChanged = true;
      const part = createOutput(output, name);
      destinations.set(name, { key: keyOf(output), part });
      part.start();
    }
    if (!isChanged) return;
    pipeline.setSinks([...destinations.values()].map((kept) => kept.part));
    reportOrphans();
  };

  const startInput = (input: Input, options: unknown): Promise<RunningInput> =>
    input.start(options, {
      log,
      hostName,
      intervalMs: config.interval * 1000,
      types,
      now,
      emit: (list) => pipeline.emit(list),
      emitPoint: pipeline.emitPoint,
      storageDirectory: () => {
        const directory = join(storageDirectory, input.name);
        mkdirSync(directory, { recursive: true });
        return directory;
      },
    });

  const applyInputs = async (isFirst: boolean): Promise<void> => {
    for (const input of inputs) {
      const options = config.inputs[input.name] as { enabled: boolean };
      const key = JSON.stringify(options);
      const kept = running.get(input.name);
      if (kept !== undefined && (kept.key !== key || !options.enabled)) {
        running.delete(input.name);
        await kept.part.stop();
      }
      if (!options.enabled || running.has(input.name)) continue;
      allowOptimizing();
      try {
        running.set(input.name, { key, part: await startInput(input, options) });
      } catch (error) {
        if (isFirst) throw error;
        log.error('an input cannot start', { input: input.name, reason: messageOf(error) });
      }
    }
  };

  // One change after the other, however fast they come.
  let applying: Promise<void> = Promise.resolve();
  const applyNow = async (next: AgentConfig, isFirst: boolean): Promise<void> => {
    if (isStopped) return;
    config = next;
    await applyOutputs();
    applyCollectors();
    await applyInputs(isFirst);
  };
  const apply = (next: AgentConfig): Promise<void> => {
    const done = applying.then(() => applyNow(next, false));
    applying = done.catch(() => {}); // the caller is told; the next change gets its turn
    return done;
  };

  return {
    start: async () => {
      if (
        config.hostDirectories.proc === '/proc' &&
        containerMarks.some((file) => existsSync(file))
      )
        log.info('in a container: it tells of the container, see hostDirectories for the host');
      await applyNow(config, true);
      await scheduler.collectNow();
      scheduler.start();
    },
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      scheduler.stop();
      await applying;
      for (const { part } of running.values()) await part.stop();
      pipeline.flush();
      await Promise.all([...destinations.values()].map(({ part }) => part.stop(stopMs)));
    },
    apply,
    self,
  };
}
