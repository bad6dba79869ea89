// Runs the services of an instance: starts, watches, restarts, stops them. Knows states and
// reasons; process-manager.ts knows processes.
import { rmSync } from 'node:fs';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { identify } from '../core/process-identity.ts';
import { stateFileOf } from '../core/service-state.ts';
import { version } from '../core/version.ts';
import { type PortName, portOf, ports, type ServiceName } from '../services.ts';
import type { ServiceConfig, SupervisorConfig } from './config.ts';
import { type Instance, instancePaths, outputFileOf, servicesOf } from './instance.ts';
import {
  endLeftovers,
  leftoverServices,
  recordServices,
  type ServiceProcesses,
} from './leftovers.ts';
import { parseProbe } from './probe.ts';
import { memoryBytesOf } from './process-info.ts';
import { createProcessManager, type ProcessEnd } from './process-manager.ts';
import { protocolVersion, type ServiceStatus, type SupervisorStatus } from './protocol.ts';
import { askReadiness } from './readiness.ts';
import { serviceCommand } from './service-command.ts';
import { startedBySystemd } from './systemd-notify.ts';

export interface Supervisor {
  start(names: readonly ServiceName[]): Promise<void>;
  stop(names: readonly ServiceName[]): Promise<void>;
  restart(names: readonly ServiceName[]): Promise<void>;
  signal(names: readonly ServiceName[], signal: NodeJS.Signals): void;
  status(): SupervisorStatus;
  /** Whether every service that is wanted is ready. */
  allReady(): boolean;
  /** Looks at each service once. */
  look(): Promise<void>;
  close(): Promise<void>;
}

interface Watched {
  name: ServiceName;
  config: ServiceConfig;
  wanted: boolean;
  stopping: boolean;
  startedAtMs: number;
  ready: boolean;
  /** Was ready once in this run. */
  proved: boolean;
  failures: number;
  lookedAtMs: number;
  /** Last seen ready, or started. */
  answeredAtMs: number;
  reason: string;
  lastEnd: string;
  lastExitCode: number | null;
  endsAtMs: number[];
  restarts: number;
}

const minuteMs = 60_000;
const slowAnswerPauseMs = 1000;
const probeTimeoutMs = 2000;
const unresponsiveAfter = 3;
const provedAfterMs = 10_000;
const foreignStartMs = 1000;

function portsText(name: ServiceName, basePort: number): string {
  return (Object.keys(ports) as PortName[])
    .filter((port) => ports[port].service === name && ports[port].enabled)
    .map((port) => portOf(port, basePort))
    .join(' ');
}

export function createSupervisor(options: {
  home: string;
  instance: Instance;
  config: SupervisorConfig;
  log: Logger;
}): Supervisor {
  const { home, instance, config, log } = options;
  const startedAtMs = Date.now();
  const names = servicesOf(instance);
  const watched = new Map<ServiceName, Watched>(
    names.map((name) => [
      name,
      {
        name,
        config: config.services[name],
        wanted: false,
        stopping: false,
        startedAtMs: 0,
        ready: false,
        proved: false,
        failures: 0,
        lookedAtMs: 0,
        answeredAtMs: 0,
        reason: '',
        lastEnd: '',
        lastExitCode: null,
        endsAtMs: [],
        restarts: 0,
      },
    ]),
  );
  const probeIntervalMs = config.watch.probeSeconds * 1000;
  const silentMsMax = config.watch.silentSecondsMax * 1000;
  const running: ServiceProcesses = {};
  const of = (name: string): Watched | undefined => watched.get(name as ServiceName);

  // Needed only after a death of the supervisor; a full disk is no reason for one.
  const record = (): void => {
    try {
      recordServices(running);
    } catch (error) {
      log.warn(`cannot write ${instancePaths.servicesRecord}: ${messageOf(error)}`);
    }
  };
  const onStarted = (name: string, pid: number): void => {
    const service = of(name);
    const identity = identify(pid);
    if (service === undefined) return;
    Object.assign(service, { startedAtMs: Date.now(), ready: false, proved: false, failures: 0 });
    service.reason = 'starting';
    if (identity !== undefined) running[name] = identity;
    record();
    log.info('service started', { service: name, pid });
  };
  const onEnded = ({ name, code, signal, unwanted }: ProcessEnd): void => {
    const service = of(name);
    if (service === undefined) return;
    delete running[name];
    record();
    service.ready = false;
    if (!unwanted) return;
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    service.lastEnd = `${how} at ${new Date().toISOString()}`;
    service.lastExitCode = code;
    service.reason = `ended with ${how}`;
    service.restarts += 1;
    const now = Date.now();
    service.endsAtMs = [...service.endsAtMs.filter((at) => at > now - minuteMs), now];
    log.warn('service ended by itself', { service: name, code: code ?? '', signal: signal ?? '' });
  };
  const processes = createProcessManager(instancePaths.pm2Home, {
    started: onStarted,
    ended: onEnded,
    said: (text) => log.debug(text),
  });

  const startOne = async (service: Watched): Promise<void> => {
    if (service.wanted) return;
    const { name } = service;
    service.wanted = true;
    Object.assign(service, { endsAtMs: [], lastExitCode: null });
    rmSync(stateFileOf(name), { force: true });
    const { command, environment } = serviceCommand(home, name, service.config);
    await processes.start({
      name,
      command,
      environment,
      outputFile: outputFileOf(name),
      restartDelayMs: config.restart.delayMsMin,
      stopMs: Math.round(service.config.stopSeconds * 1000),
    });
  };
  const stopOne = async (service: Watched): Promise<void> => {
    if (!service.wanted) return;
    service.stopping = true;
    try {
      await processes.stop(service.name);
    } finally {
      Object.assign(service, { stopping: false, wanted: false, ready: false, reason: '' });
    }
    log.info('service stopped', { service: service.name });
  };

  const lookAt = async (service: Watched): Promise<void> => {
    const { name } = service;
    const pid = processes.pidOf(name);
    const now = Date.now();
    if (!service.wanted || service.stopping || pid === undefined) return;
    if (service.ready && now - service.lookedAtMs < probeIntervalMs) return;
    // A program that says nothing of itself has to stay for a moment, at least.
    if (service.config.command.length > 0 && now - service.startedAtMs < foreignStartMs) return;
    service.lookedAtMs = now;
    const { ready, reason } = await askReadiness({
      name,
      pid,
      probe: parseProbe(service.config.probe),
      hasStateFile: service.config.command.length === 0,
      timeoutMs: probeTimeoutMs,
    });
    if (processes.pidOf(name) !== pid) return;
    service.failures = ready ? 0 : service.failures + 1;
    // One slow answer of a busy service is no news.
    if (service.ready && !ready && service.failures < unresponsiveAfter) {
      service.lookedAtMs = now - probeIntervalMs + Math.min(slowAnswerPauseMs, probeIntervalMs);
      return;
    }
    if (ready && !service.ready)
      log.info('service ready', { service: name, ms: now - service.startedAtMs });
    if (!ready && service.ready) log.warn('service does not answer', { service: name, reason });
    service.ready = ready;
    service.proved ||= ready;
    if (ready) service.answeredAtMs = now;
    else if (service.proved && silentMsMax > 0 && now - service.answeredAtMs > silentMsMax) {
      log.warn('killing a service that answers nobody', { service: name, pid });
      processes.signal(name, 'SIGKILL');
    }
    service.reason = reason;
    if (ready && now - service.startedAtMs > provedAfterMs) processes.forgetDelay(name);
  };

  const stateOf = (service: Watched, pid: number | undefined): ServiceStatus['state'] => {
    if (service.stopping) return 'stopping';
    if (!service.wanted) return 'stopped';
    if (service.ready && pid !== undefined) return 'ready';
    const recent = service.endsAtMs.filter((at) => at > Date.now() - minuteMs).length;
    if (recent >= config.restart.crashesPerMinuteMax) return 'crash-looping';
    if (pid === undefined) return 'backing-off';
    return service.proved ? 'unresponsive' : 'starting';
  };
  const statusOf = (service: Watched): ServiceStatus => {
    const pid = processes.pidOf(service.name);
    return {
      name: service.name,
      state: stateOf(service, pid),
      pid: pid ?? 0,
      uptimeSeconds: pid === undefined ? 0 : Math.floor((Date.now() - service.startedAtMs) / 1000),
      restarts: service.restarts,
      ports: portsText(service.name, instance.basePort),
      memoryBytes: pid === undefined ? 0 : memoryBytesOf(pid),
      reason: service.reason,
      lastEnd: service.lastEnd,
      lastExitCode: service.lastExitCode,
    };
  };
  const each = async (
    chosen: readonly ServiceName[],
    action: (service: Watched) => Promise<void>,
  ): Promise<void> => {
    for (const name of chosen) {
      const service = watched.get(name);
      if (service !== undefined) await action(service);
    }
  };
  // Those that write to a service are stopped before it.
  const stopInOrder = (chosen: readonly ServiceName[]): Promise<void> =>
    each(names.filter((name) => chosen.includes(name)).reverse(), stopOne);

  return {
    start: async (chosen) => {
      const leftovers = Object.fromEntries(
        Object.entries(leftoverServices()).filter(([name]) => running[name] === undefined),
      );
      if (Object.keys(leftovers).length > 0) {
        log.warn('ending services left over by an earlier supervisor', {
          services: Object.keys(leftovers).join(' '),
        });
        await endLeftovers(leftovers, (name) => (of(name)?.config.stopSeconds ?? 10) * 1000);
      }
      await each(
        names.filter((name) => chosen.includes(name)),
        startOne,
      );
    },
    stop: stopInOrder,
    restart: async (chosen) => {
      await stopInOrder(chosen);
      await each(
        names.filter((name) => chosen.includes(name)),
        startOne,
      );
    },
    signal: (chosen, signal) => {
      for (const name of chosen) {
        const service = of(name);
        // Before it was ready once, or in a program that is not ours, the signal might be deadly.
        if (service?.proved && service.config.command.length === 0) processes.signal(name, signal);
      }
    },
    status: () => ({
      protocol: protocolVersion,
      version,
      pid: process.pid,
      uptimeSeconds: Math.floor((Date.now() - startedAtMs) / 1000),
      memoryBytes: memoryBytesOf(process.pid),
      startedBy: startedBySystemd() ? 'systemd' : '',
      startSecondsMax: config.startSecondsMax,
      services: [...watched.values()].map(statusOf),
    }),
    allReady: () => [...watched.values()].every((service) => !service.wanted || service.ready),
    look: async () => {
      await Promise.all([...watched.values()].map(lookAt));
    },
    close: () => stopInOrder(names),
  };
}
