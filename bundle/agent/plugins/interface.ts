// Traffic of network interfaces from /proc/net/dev.
import { z } from '../../core/config.ts';
import { createMatchList } from '../match-list.ts';
import { requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

const rxBytes = 0;
const rxPackets = 1;
const rxErrors = 2;
const rxDropped = 3;
const txBytes = 8;
const txPackets = 9;
const txErrors = 10;
const txDropped = 11;

export const networkInterface = definePlugin({
  name: 'interface',
  summary: 'network interfaces',
  enabledByDefault: true,
  options: () => ({
    interface: z.array(z.string()).default(['lo']).describe('Interfaces: exact names or /regex/.'),
    ignoreSelected: z
      .boolean()
      .default(true)
      .describe('true leaves the named ones out, false takes only them.'),
    reportInactive: z.boolean().default(false).describe('Send those that never saw a packet too.'),
  }),
  collectdDefaults: { interface: [], ignoreSelected: false, reportInactive: true },
  create: (options) => {
    const list = createMatchList(options.interface, options.ignoreSelected);
    return {
      read: ({ host, emit }) => {
        for (const line of requireText(host, '/proc/net/dev').split('\n')) {
          const colon = line.indexOf(':');
          if (colon === -1) continue;
          const name = line.slice(0, colon).trim();
          const values = line
            .slice(colon + 1)
            .trim()
            .split(/\s+/)
            .map(Number);
          if (values.length < 16 || list.leavesOut(name)) continue;
          if (!options.reportInactive && values[rxPackets] === 0 && values[txPackets] === 0)
            continue;
          const send = (type: string, rx: number, tx: number): void =>
            emit({ pluginInstance: name, type, values: [values[rx]!, values[tx]!] });
          send('if_octets', rxBytes, txBytes);
          send('if_packets', rxPackets, txPackets);
          send('if_errors', rxErrors, txErrors);
          send('if_dropped', rxDropped, txDropped);
        }
      },
    };
  },
});
