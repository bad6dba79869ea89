// What `dkm` and the supervisor say to each other: HTTP with JSON over the socket run/control.
// A field may be added; one that exists keeps its meaning, so that versions can be mixed.
import type { ServiceName } from '../services.ts';

export const protocolVersion = 1;

export const serviceStates = [
  'ready', // answers
  'starting', // runs, has not answered yet
  'unresponsive', // was ready, does not answer any more
  'backing-off', // ended by itself, is started again soon
  'crash-looping', // ended by itself too often
  'stopping',
  'stopped', // on purpose
] as const;
export type ServiceRunState = (typeof serviceStates)[number];

export interface ServiceStatus {
  name: ServiceName;
  state: ServiceRunState;
  /** 0 when no process runs. */
  pid: number;
  uptimeSeconds: number;
  restarts: number;
  /** The ports of the service, as "27601 27603". */
  ports: string;
  memoryBytes: number;
  /** Why the service is not ready, or empty. */
  reason: string;
  /** How the last run ended by itself, or empty. */
  lastEnd: string;
  /** Its exit code; null after a signal or when there was no such end. */
  lastExitCode: number | null;
}

export interface SupervisorStatus {
  protocol: number;
  version: string;
  pid: number;
  uptimeSeconds: number;
  memoryBytes: number;
  /** systemd when it started the supervisor, else empty. */
  startedBy: string;
  startSecondsMax: number;
  services: ServiceStatus[];
}

/** POST /start, /stop, /restart, /reload, /reopenlogs take this; no name means all. */
export interface ServicesRequest {
  services: string[];
}

/** POST /shutdown takes this. */
export interface ShutdownRequest {
  /** What the supervisor ends with; systemd is told to start it again on one of them. */
  exitCode: number;
}

/** The exit code that asks systemd to start the supervisor again. */
export const startAgainExitCode = 75;

export interface ErrorAnswer {
  error: string;
}
