// Tells systemd what the supervisor is doing. Node cannot send a datagram to a local socket, so
// systemd's own small program does it (the unit has NotifyAccess=all).
import { execFile } from 'node:child_process';

/** Whether systemd started this very process. */
export function startedBySystemd(): boolean {
  const { NOTIFY_SOCKET: socket, SYSTEMD_EXEC_PID: pid } = process.env;
  return (socket !== undefined && socket !== '') || pid === String(process.pid);
}

/** Sends e.g. `READY=1`; does nothing when systemd did not ask for it. */
export function notifySystemd(...assignments: string[]): void {
  if (!process.env['NOTIFY_SOCKET']) return;
  execFile('systemd-notify', [`--pid=${process.pid}`, ...assignments], () => {
    // Without systemd-notify the unit's start times out, and systemd says so.
  });
}

/** How often systemd wants to hear `WATCHDOG=1`, in milliseconds; undefined when never. */
export function watchdogIntervalMs(): number | undefined {
  const microseconds = Number(process.env['WATCHDOG_USEC']);
  return microseconds > 0 ? microseconds / 2000 : undefined;
}
