// What the supervisor asks of a process and does to it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isRunning, type ProcessIdentity } from '../core/process-identity.ts';

const onLinux = process.platform === 'linux';

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
