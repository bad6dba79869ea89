// TCP connections by state, for listening and named ports and for all, from /proc/net/tcp.
import { z } from '../../core/config.ts';
import { OperatingError } from '../../core/errors.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

// The kernel's numbers, from 1.
const states = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSED',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
];
const listening = 10;
const newSynReceived = 12; // counted as SYN_RECV, as the kernel shows it elsewhere
const synReceived = 3;
const files = ['/proc/net/tcp', '/proc/net/tcp6'];

type Counts = Uint32Array;

interface Connection {
  local: number;
  remote: number;
  state: number;
}

const portSchema = () => z.number().int().min(1).max(65535);
const createCounts = (): Counts => new Uint32Array(states.length + 1);

// "  0: 0100007F:1F90 00000000:0000 0A …"
function parseLine(line: string): Connection | undefined {
  const match = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2})/.exec(line);
  if (match === null) return undefined;
  const number = Number.parseInt(match[3]!, 16);
  const state = number === newSynReceived ? synReceived : number;
  if (state < 1 || state > states.length) return undefined;
  return { local: Number.parseInt(match[1]!, 16), remote: Number.parseInt(match[2]!, 16), state };
}

function emitCounts({ emit }: ReadContext, pluginInstance: string, counts: Counts): void {
  for (const [i, state] of states.entries())
    emit({
      pluginInstance,
      type: 'tcp_connections',
      typeInstance: state,
      values: [counts[i + 1]!],
    });
}

export const tcpconns = definePlugin({
  name: 'tcpconns',
  summary: 'TCP connections by state',
  options: () => ({
    listeningPorts: z
      .boolean()
      .optional()
      .describe('Count for every port somebody listens on; the default when no port is named.'),
    localPort: z.array(portSchema()).default([]).describe('Ports of this machine.'),
    remotePort: z.array(portSchema()).default([]).describe('Ports of other machines.'),
    allPortsSummary: z.boolean().default(false).describe('Count all connections together too.'),
  }),
  create: (options) => {
    const namesNone = options.localPort.length + options.remotePort.length === 0;
    const takesListening = options.listeningPorts ?? (namesNone && !options.allPortsSummary);
    return {
      read: (context) => {
        const connections: Connection[] = [];
        let found = 0;
        for (const file of files) {
          const text = context.host.readText(file);
          if (text === undefined) continue;
          found += 1;
          for (const line of text.split('\n')) {
            const connection = parseLine(line);
            if (connection !== undefined) connections.push(connection);
          }
        }
        if (found === 0)
          throw new OperatingError('cannot-read', `cannot read any of ${files.join(', ')}`);
        const all = createCounts();
        const local = new Map(options.localPort.map((port) => [port, createCounts()]));
        const remote = new Map(options.remotePort.map((port) => [port, createCounts()]));
        if (takesListening) {
          for (const one of connections)
            if (one.state === listening && !local.has(one.local))
              local.set(one.local, createCounts());
        }
        for (const one of connections) {
          all[one.state]! += 1;
          const here = local.get(one.local);
          if (here !== undefined) here[one.state]! += 1;
          const there = remote.get(one.remote);
          if (there !== undefined) there[one.state]! += 1;
        }
        if (options.allPortsSummary) emitCounts(context, 'all', all);
        for (const [port, counts] of local) emitCounts(context, `${port}-local`, counts);
        for (const [port, counts] of remote) emitCounts(context, `${port}-remote`, counts);
      },
    };
  },
});
