// Facts about a process by its number. A number alone may have been given to another process
// since; a number with its start time cannot.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const onLinux = process.platform === 'linux';

export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal only for the same process. */
  startTime: string;
}

/** When `pid` started, in the system's own terms; undefined when it does not run. */
export function startTimeOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    if (!onLinux) {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** The process's share of memory in bytes (pages shared with others counted in part), or 0. */
export function memoryBytesOf(pid: number): number {
  try {
    if (!onLinux) {
      const text = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
      return Number(text.trim()) * 1024;
    }
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Sends `signal`; false when the process (or group, for a negative number) is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

const pollMs = 25;

/** Resolves to whether the process has gone within `milliseconds`. */
export async function waitForEnd(
  identity: ProcessIdentity,
  milliseconds: number,
): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (isRunning(identity)) {
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return true;
}

/** Ends a process politely, then its whole group by force. */
export async function endProcess(identity: ProcessIdentity, politeMs: number): Promise<void> {
  if (!isRunning(identity)) return;
  signalProcess(identity.pid, 'SIGTERM');
  if (!(await waitForEnd(identity, politeMs))) signalProcess(identity.pid, 'SIGKILL');
  signalProcess(-identity.pid, 'SIGKILL');
  await waitForEnd(identity, 2000);
}
