// The virtual memory system, from /proc/vmstat: pages by state, faults, paging and, with verbose,
// what the page allocator does.
import { z } from '../../core/config.ts';
import { eachLine, requireText } from '../proc-text.ts';
import { definePlugin, type Reading } from './plugin.ts';

// Prefixes, as collectd 5.12 knows them; what follows is the plugin instance.
const byZone: [prefix: string, action: string][] = [
  ['pgalloc_', 'alloc'],
  ['pgrefill_', 'refill'],
  ['pgsteal_', 'steal'],
  ['pgscan_kswapd_', 'scan_kswapd'],
  ['pgscan_direct_', 'scan_direct'],
];

const actions: Record<string, string> = {
  pgfree: 'free',
  pgactivate: 'activate',
  pgdeactivate: 'deactivate',
};

const pairs: [first: string, second: string, type: string, typeInstance: string][] = [
  ['pgfault', 'pgmajfault', 'vmpage_faults', ''],
  ['pgpgin', 'pgpgout', 'vmpage_io', 'memory'],
  ['pswpin', 'pswpout', 'vmpage_io', 'swap'],
];

const pages = 'nr_';
// Counters among the nr_ lines; all others are gauges.
const pageActions = new Set(['dirtied', 'written']);

function readVerbose(key: string, value: number): Reading | undefined {
  for (const [prefix, action] of byZone) {
    if (!key.startsWith(prefix)) continue;
    const pluginInstance = key.slice(prefix.length);
    return { pluginInstance, type: 'vmpage_action', typeInstance: action, values: [value] };
  }
  const action = actions[key];
  if (action === undefined) return undefined;
  return { type: 'vmpage_action', typeInstance: action, values: [value] };
}

export const vmem = definePlugin({
  name: 'vmem',
  summary: 'virtual memory',
  options: () => ({
    verbose: z.boolean().default(false).describe('Send allocations, scans and steals by zone too.'),
  }),
  create: (options) => ({
    read: ({ host, emit }) => {
      const all = new Map<string, number>();
      eachLine(requireText(host, '/proc/vmstat'), (words) => {
        const [key = ''] = words;
        const value = Number(words[1]);
        if (words.length !== 2 || Number.isNaN(value)) return;
        all.set(key, value);
        if (key.startsWith(pages)) {
          const typeInstance = key.slice(pages.length);
          const type = pageActions.has(typeInstance) ? 'vmpage_action' : 'vmpage_number';
          emit({ type, typeInstance, values: [value] });
        } else if (options.verbose) {
          const reading = readVerbose(key, value);
          if (reading !== undefined) emit(reading);
        }
      });
      for (const [first, second, type, typeInstance] of pairs) {
        const values = [all.get(first), all.get(second)];
        if (values[0] === undefined || values[1] === undefined) continue;
        emit({ type, typeInstance, values: [values[0], values[1]] });
      }
    },
  }),
});
