// Counters of the network protocols, from /proc/net/snmp and /proc/net/netstat.
import { z } from '../../core/config.ts';
import { OperatingError } from '../../core/errors.ts';
import { createMatchList } from '../match-list.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

const files = ['/proc/net/snmp', '/proc/net/netstat'];

export const protocols = definePlugin({
  name: 'protocols',
  summary: 'network protocols',
  options: () => ({
    value: z
      .array(z.string())
      .default([])
      .describe('Counters as protocol:name, e.g. "Tcp:RetransSegs"; exact or /regex/.'),
    ignoreSelected: z
      .boolean()
      .default(false)
      .describe('true leaves the named ones out, false takes only them.'),
  }),
  create: (options) => {
    const list = createMatchList(options.value, options.ignoreSelected);

    // Pairs of lines: "Tcp: name name …" and "Tcp: value value …".
    const readPair = ({ emit }: ReadContext, keyLine: string, valueLine: string): void => {
      const [protocol = '', keyText = ''] = keyLine.split(':');
      const [valueProtocol, valueText = ''] = valueLine.split(':');
      const keys = keyText.trim().split(/\s+/);
      const values = valueText.trim().split(/\s+/);
      if (protocol !== valueProtocol || keys.length !== values.length) return;
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i]!;
        const value = Number(values[i]);
        if (Number.isNaN(value) || list.leavesOut(`${protocol}:${key}`)) continue;
        emit({
          pluginInstance: protocol,
          type: 'protocol_counter',
          typeInstance: key,
          values: [value],
        });
      }
    };

    return {
      read: (context) => {
        let found = 0;
        for (const file of files) {
          const text = context.host.readText(file);
          if (text === undefined) continue;
          found += 1;
          const lines = text.split('\n');
          for (let i = 0; i + 1 < lines.length; i += 2) readPair(context, lines[i]!, lines[i + 1]!);
        }
        if (found === 0)
          throw new OperatingError('cannot-read', `cannot read any of ${files.join(', ')}`);
      },
    };
  },
});
