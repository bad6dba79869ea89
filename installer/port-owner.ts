// Which process listens on a port, as far as /proc lets this user see.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type Transport = 'tcp' | 'udp';

const listening = '0A';

function socketInodes(transport: Transport, port: number): Set<string> {
  const inodes = new Set<string>();
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of [transport, `${transport}6`]) {
    let text = '';
    try {
      text = readFileSync(`/proc/net/${table}`, 'latin1');
    } catch {
      continue;
    }
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const local = fields[1] ?? '';
      if (!local.endsWith(`:${wanted}`)) continue;
      if (transport === 'tcp' && fields[3] !== listening) continue;
      if (fields[9] !== undefined) inodes.add(fields[9]);
    }
  }
  return inodes;
}

function holds(pid: string, inodes: Set<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        return inode !== undefined && inodes.has(inode);
      } catch {
        return false;
      }
    });
  } catch {
    return false; // another user's process, or one that has just ended
  }
}

/** `name (pid 12)` of the process that has the port, or undefined when it cannot be seen. */
export function portOwner(transport: Transport, port: number): string | undefined {
  const inodes = socketInodes(transport, port);
  if (inodes.size === 0) return undefined;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holds(name, inodes));
  if (pid === undefined) return undefined;
  try {
    return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
  } catch {
    return undefined;
  }
}
