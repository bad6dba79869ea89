// Use of physical memory from /proc/meminfo.
import { z } from '../../core/config.ts';
import { OperatingError } from '../../core/errors.ts';
import { numberAfter, requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

export const memory = definePlugin({
  name: 'memory',
  summary: 'use of physical memory',
  enabledByDefault: true,
  options: () => ({
    valuesAbsolute: z.boolean().default(true).describe('Send bytes.'),
    valuesPercentage: z.boolean().default(true).describe('Send percent of the sum of all kinds.'),
  }),
  collectdDefaults: { valuesPercentage: false },
  create: (options) => ({
    read: ({ host, emit }) => {
      const text = requireText(host, '/proc/meminfo');
      const bytes = (key: string): number | undefined => {
        const kilobytes = numberAfter(text, `${key}:`);
        return kilobytes === undefined ? undefined : kilobytes * 1024;
      };
      const total = bytes('MemTotal');
      const free = bytes('MemFree');
      if (total === undefined || free === undefined)
        throw new OperatingError('bad-input', '/proc/meminfo has no MemTotal and MemFree');
      const buffered = bytes('Buffers') ?? 0;
      const cached = bytes('Cached') ?? 0;
      const slab = bytes('Slab') ?? 0;
      const reclaimable = bytes('SReclaimable');
      const unreclaimable = bytes('SUnreclaim');
      const used = total - (free + buffered + cached + slab);
      if (used < 0) return;
      const kinds: [string, number][] = [
        ['used', used],
        ['buffered', buffered],
        ['cached', cached],
        ['free', free],
      ];
      if (reclaimable !== undefined && unreclaimable !== undefined)
        kinds.push(['slab_unrecl', unreclaimable], ['slab_recl', reclaimable]);
      else if (slab > 0) kinds.push(['slab', slab]);
      let sum = 0;
      for (const [, value] of kinds) sum += value;
      for (const [kind, value] of kinds) {
        if (options.valuesAbsolute) emit({ type: 'memory', typeInstance: kind, values: [value] });
        if (options.valuesPercentage)
          emit({ type: 'percent', typeInstance: kind, values: [(100 * value) / sum] });
      }
    },
  }),
});
