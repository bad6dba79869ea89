// What collectd says of itself under the plugin name "collectd": the length of the write queue,
// what was dropped from it, the size of the cache. Kept for dashboards that watch them.
import { z } from '../../core/config.ts';
import { definePlugin } from './plugin.ts';

export const internal = definePlugin({
  name: 'collectd',
  summary: "the agent's queue and cache, under collectd's names",
  platforms: ['linux', 'darwin', 'freebsd', 'win32'],
  enabledByDefault: true,
  options: () => ({
    collectInternalStats: z.boolean().default(true).describe('Send them.'),
  }),
  create: (options, { self }) => ({
    read: ({ emit }) => {
      if (!options.collectInternalStats) return;
      const { queuedPoints, droppedPoints, series } = self();
      const queue = { pluginInstance: 'write_queue' };
      emit({ ...queue, type: 'queue_length', values: [queuedPoints] });
      emit({ ...queue, type: 'derive', typeInstance: 'dropped', values: [droppedPoints] });
      emit({ pluginInstance: 'cache', type: 'cache_size', values: [series] });
    },
  }),
});
