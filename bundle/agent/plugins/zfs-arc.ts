// The cache of ZFS, from /proc/spl/kstat/zfs/arcstats.
import { eachLine, requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

const file = '/proc/spl/kstat/zfs/arcstats';

/** key of arcstats, type, type instance */
type Row = [key: string, type: string, typeInstance: string];

const sizes: Row[] = [
  ...'anon_size c c_max c_min hdr_size metadata_size mfu_ghost_size mfu_size mru_ghost_size mru_size p'
    .split(' ')
    .map((key): Row => [key, 'cache_size', key]),
  ['size', 'cache_size', 'arc'],
  ['l2_size', 'cache_size', 'L2'],
];
// Newer versions show the parts of what older ones called other_size.
const parts = ['dbuf_size', 'dnode_size', 'bonus_size'];
const counters: Row[] = [
  ['deleted', 'cache_operation', 'deleted'],
  ['mutex_miss', 'mutex_operations', 'miss'],
  ['hash_collisions', 'hash_collisions', ''],
  ['memory_throttle_count', 'memory_throttle_count', ''],
  ['evict_l2_cached', 'cache_eviction', 'cached'],
  ['evict_l2_eligible', 'cache_eviction', 'eligible'],
  ['evict_l2_ineligible', 'cache_eviction', 'ineligible'],
  ...['demand_data', 'demand_metadata', 'prefetch_data', 'prefetch_metadata'].flatMap(
    (kind): Row[] => [
      [`${kind}_hits`, 'cache_result', `${kind}-hit`],
      [`${kind}_misses`, 'cache_result', `${kind}-miss`],
    ],
  ),
  ...['mfu', 'mfu_ghost', 'mru', 'mru_ghost'].map(
    (kind): Row => [`${kind}_hits`, 'cache_result', `${kind}-hit`],
  ),
];

export const zfsArc = definePlugin({
  name: 'zfs_arc',
  summary: 'the ZFS cache',
  options: () => ({}),
  create: () => {
    let before = new Map<string, number>();
    return {
      read: ({ host, emit }) => {
        const now = new Map<string, number>();
        eachLine(requireText(host, file), (words) => {
          if (words.length === 3) now.set(words[0]!, Number(words[2]));
        });
        const send = (key: string, type: string, typeInstance: string): void => {
          const value = now.get(key);
          if (value !== undefined) emit({ type, typeInstance, values: [value] });
        };
        for (const row of sizes) send(...row);
        if (parts.every((key) => now.has(key)))
          for (const key of parts) send(key, 'cache_size', key);
        else send('other_size', 'cache_size', 'other_size');
        for (const row of counters) send(...row);

        const growth = (key: string): number =>
          Math.max(0, (now.get(key) ?? Number.NaN) - (before.get(key) ?? Number.NaN));
        for (const [instance, hitKey, missKey] of [
          ['arc', 'hits', 'misses'],
          ['L2', 'l2_hits', 'l2_misses'],
        ] as const) {
          const hits = growth(hitKey);
          const all = hits + growth(missKey);
          if (all > 0) emit({ type: 'cache_ratio', typeInstance: instance, values: [hits / all] });
        }
        const read = now.get('l2_read_bytes');
        const written = now.get('l2_write_bytes');
        if (read !== undefined && written !== undefined)
          emit({ type: 'io_octets', typeInstance: 'L2', values: [read, written] });
        before = now;
      },
    };
  },
});
