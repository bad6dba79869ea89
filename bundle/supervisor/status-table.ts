// The table of `dkm status`.
import type { ServiceStatus, SupervisorStatus } from './protocol.ts';

export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3600)}h`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = -1;
  do {
    value /= 1024;
    unit += 1;
  } while (value >= 1024 && unit < units.length - 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Rows under a heading, columns as wide as their widest cell. */
function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [heading, ...rows]
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

const noteOf = (service: ServiceStatus): string =>
  service.state === 'ready'
    ? service.lastEnd === ''
      ? ''
      : `last ended: ${service.lastEnd}`
    : service.reason;

/** One line a service and one for the supervisor itself. */
export function statusTable(status: SupervisorStatus, services: readonly ServiceStatus[]): string {
  const rows = services.map((service) => [
    service.name,
    service.state,
    service.pid === 0 ? '-' : String(service.pid),
    service.pid === 0 ? '-' : formatDuration(service.uptimeSeconds),
    String(service.restarts),
    service.ports || '-',
    service.pid === 0 ? '-' : formatBytes(service.memoryBytes),
    noteOf(service),
  ]);
  const own = [
    'supervisor',
    'running',
    String(status.pid),
    formatDuration(status.uptimeSeconds),
    '-',
    '-',
    formatBytes(status.memoryBytes),
    `version ${status.version}${status.startedBy === '' ? '' : `, started by ${status.startedBy}`}`,
  ];
  return formatTable(
    ['SERVICE', 'STATE', 'PID', 'UPTIME', 'RESTARTS', 'PORTS', 'MEMORY', 'NOTE'],
    [...rows, own],
  );
}
