// Datagrams that the kernel dropped because a socket's receive buffer was full (Linux).
import { readFile } from 'node:fs/promises';

// columns of /proc/net/udp, see proc_net(5) and net/ipv4/udp.c
const localAddressColumn = 1;
const dropsColumn = 12;

/** Drops of all UDP sockets bound to `port` since they were made; 0 where the kernel does not tell. */
export async function readUdpDrops(port: number): Promise<number> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops = 0;
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[localAddressColumn]?.endsWith(wanted)) drops += Number(columns[dropsColumn] ?? 0);
    }
  }
  return drops;
}
