// Interrupts by line, summed over the CPUs, from /proc/interrupts.
import { z } from '../../core/config.ts';
import { createMatchList } from '../match-list.ts';
import { eachLine, requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

const digits = /^\d+$/;

export const irq = definePlugin({
  name: 'irq',
  summary: 'interrupts',
  options: () => ({
    irq: z.array(z.string()).default([]).describe('Interrupts: exact names or /regex/.'),
    ignoreSelected: z
      .boolean()
      .default(false)
      .describe('true leaves the named ones out, false takes only them.'),
  }),
  create: (options) => {
    const list = createMatchList(options.irq, options.ignoreSelected);
    return {
      read: ({ host, emit }) => {
        let cpus = -1;
        eachLine(requireText(host, '/proc/interrupts'), (words) => {
          if (cpus === -1) {
            cpus = words.length; // the first line names the CPUs
            return;
          }
          const name = words[0]!.slice(0, -1);
          if (!words[0]!.endsWith(':') || name === '' || name === 'FIQ' || list.leavesOut(name))
            return;
          let sum = 0;
          let count = 0;
          while (count < cpus && digits.test(words[count + 1] ?? '')) {
            sum += Number(words[count + 1]);
            count += 1;
          }
          if (count > 0) emit({ type: 'irq', typeInstance: name, values: [sum] });
        });
      },
    };
  },
});
