// How memory was allocated on each NUMA node, from /sys/devices/system/node/node*/numastat.
import { OperatingError } from '../../core/errors.ts';
import { eachLine } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

const nodes = '/sys/devices/system/node';

export const numa = definePlugin({
  name: 'numa',
  summary: 'memory allocation by NUMA node',
  options: () => ({}),
  create: () => ({
    read: ({ host, emit }) => {
      let found = 0;
      for (const node of host.list(nodes) ?? []) {
        const text = /^node\d+$/.test(node)
          ? host.readText(`${nodes}/${node}/numastat`)
          : undefined;
        if (text === undefined) continue;
        found += 1;
        eachLine(text, (words) => {
          const value = Number(words[1]);
          if (words.length !== 2 || Number.isNaN(value)) return;
          emit({
            pluginInstance: node,
            type: 'vmpage_action',
            typeInstance: words[0]!,
            values: [value],
          });
        });
      }
      if (found === 0)
        throw new OperatingError('cannot-read', 'this kernel tells of no NUMA nodes');
    },
  }),
});
