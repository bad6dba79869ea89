// Huge pages free and in use, for the machine and for each NUMA node, from /sys.
import { z } from '../../core/config.ts';
import { readNumber } from '../proc-text.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

const nodes = '/sys/devices/system/node';

export const hugepages = definePlugin({
  name: 'hugepages',
  summary: 'huge pages',
  options: () => ({
    reportPerNodeHP: z.boolean().default(true).describe('Send values for each NUMA node.'),
    reportRootHP: z.boolean().default(true).describe('Send values for the whole machine.'),
    valuesPages: z.boolean().default(true).describe('Send pages.'),
    valuesBytes: z.boolean().default(false).describe('Send bytes.'),
    valuesPercentage: z.boolean().default(false).describe('Send percent.'),
  }),
  create: (options) => {
    const readSizes = ({ host, emit }: ReadContext, directory: string, place: string): void => {
      for (const entry of host.list(directory) ?? []) {
        const kilobytes = Number(/^hugepages-(\d+)kB$/.exec(entry)?.[1]);
        if (Number.isNaN(kilobytes)) continue;
        const read = (name: string) => readNumber(host, `${directory}/${entry}/${name}`);
        const all = read('nr_hugepages');
        const surplus = read('surplus_hugepages');
        const free = read('free_hugepages');
        if (all === undefined || surplus === undefined || free === undefined) continue;
        const used = all + surplus - free;
        const pluginInstance = `${place}-${kilobytes}Kb`;
        const send = (type: string, unit: number): void => {
          emit({ pluginInstance, type, typeInstance: 'free', values: [free * unit] });
          emit({ pluginInstance, type, typeInstance: 'used', values: [used * unit] });
        };
        if (options.valuesPages) send('vmpage_number', 1);
        if (options.valuesBytes) send('memory', kilobytes * 1024);
        if (options.valuesPercentage && all + surplus > 0) send('percent', 100 / (all + surplus));
      }
    };
    return {
      read: (context) => {
        if (options.reportRootHP) readSizes(context, '/sys/kernel/mm/hugepages', 'mm');
        if (!options.reportPerNodeHP) return;
        for (const node of context.host.list(nodes) ?? []) {
          if (/^node\d+$/.test(node)) readSizes(context, `${nodes}/${node}/hugepages`, node);
        }
      },
    };
  },
});
