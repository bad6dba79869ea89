// statsd's management port: one command a line. Dumps are JSON, which the original's are nearly.

import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { formatListenAddress, type ListenAddress } from '../../../core/listen-address.ts';
import { explainListenError } from '../../../core/service.ts';
import type { Aggregate } from './aggregate.ts';
import type { Bucket } from './bucket.ts';
import type { Door } from './receivers.ts';

export interface ManagementState {
  aggregate: Aggregate;
  /** `name: value` pairs of the stats command. */
  statistics(): Record<string, number>;
  /** `name: value` pairs of the config command. */
  config: Record<string, unknown>;
}

type Kind = 'counter' | 'timer' | 'gauge';

const connectionsMax = 20;
const idleMs = 60_000;
const help =
  'Commands: stats, counters, timers, gauges, delcounters, deltimers, delgauges, health, config, quit\n\n';

function dump(aggregate: Aggregate, kind: Kind): string {
  const entries: Record<string, unknown> = {};
  for (const bucket of aggregate.buckets.values()) {
    if (bucket[kind] === undefined) continue;
    entries[bucket.name] =
      kind === 'timer'
        ? [...(bucket.timer?.values.subarray(0, bucket.timer.length) ?? [])]
        : bucket[kind];
  }
  return `${JSON.stringify(entries)}\nEND\n\n`;
}

function remove(aggregate: Aggregate, kind: Kind, names: readonly string[]): string {
  let answer = '';
  for (const wanted of names) {
    const folder = wanted.endsWith('.*') ? wanted.slice(0, -1) : undefined;
    const found: Bucket[] = [...aggregate.buckets.values()].filter(
      (bucket) =>
        bucket[kind] !== undefined &&
        (folder === undefined ? bucket.name === wanted : bucket.name.startsWith(folder)),
    );
    for (const bucket of found) {
      bucket[kind] = undefined;
      answer += `deleted: ${bucket.name}\n`;
    }
    if (found.length === 0) answer += `metric ${wanted} not found\n`;
  }
  return `${answer}END\n\n`;
}

const pairs = (values: Record<string, unknown>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : value}\n`)
    .join('');

/** Listens; `health` is up until somebody says otherwise. */
export async function openManagement(
  address: ListenAddress,
  state: ManagementState,
): Promise<Door> {
  let health = 'up';
  const sockets = new Set<Socket>();
  const answer = (command: string, words: readonly string[]): string | undefined => {
    const { aggregate } = state;
    switch (command) {
      case 'help':
        return help;
      case 'stats':
        return `${pairs(state.statistics())}END\n\n`;
      case 'config':
        return `\n${pairs(state.config)}`;
      case 'health':
        if (words[0] === 'up' || words[0] === 'down') health = words[0];
        return `health: ${health}\n`;
      case 'counters':
      case 'timers':
      case 'gauges':
        return dump(aggregate, command.slice(0, -1) as Kind);
      case 'delcounters':
      case 'deltimers':
      case 'delgauges':
        return remove(aggregate, command.slice(3, -1) as Kind, words);
      case 'quit':
        return undefined;
      default:
        return 'ERROR\n';
    }
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      const [command = '', ...words] = line.trim().split(/\s+/);
      const text = answer(command.toLowerCase(), words);
      if (text === undefined) socket.end();
      else socket.write(text);
    });
  });
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(explainListenError(error, 'StatsD management', formatListenAddress(address))),
    );
    server.listen(address.port, address.host === '' ? undefined : address.host, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
