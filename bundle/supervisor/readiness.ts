// Whether a service is ready: it says so in its state file, for the process that runs, and its
// door answers. A program that is not ours has only the door.
import { readFileSync } from 'node:fs';
import { type ServiceState, stateFileOf } from '../core/service-state.ts';
import { askDoor, type Probe } from './probe.ts';

export interface Readiness {
  ready: boolean;
  reason: string;
}

export interface ReadinessQuestion {
  name: string;
  pid: number;
  probe: Probe | undefined;
  /** False for a program that writes no state file. */
  hasStateFile: boolean;
  timeoutMs: number;
}

function readState(name: string): Partial<ServiceState> | undefined {
  try {
    return JSON.parse(readFileSync(stateFileOf(name), 'utf8')) as Partial<ServiceState>;
  } catch {
    return undefined;
  }
}

export async function askReadiness(question: ReadinessQuestion): Promise<Readiness> {
  const { name, pid, probe, hasStateFile, timeoutMs } = question;
  if (hasStateFile) {
    const state = readState(name);
    if (state?.pid !== pid) return { ready: false, reason: 'has not reported yet' };
    if (state.ready !== true) return { ready: false, reason: state.reason ?? 'starting' };
  }
  if (probe === undefined) return { ready: true, reason: '' };
  const problem = await askDoor(probe, timeoutMs);
  if (problem === undefined) return { ready: true, reason: '' };
  const { kind, host, port } = probe;
  const door = `${kind}://${host}:${port}`;
  return {
    ready: false,
    reason: `nothing answers at ${door} (probe in supervisor.yml): ${problem}`,
  };
}
