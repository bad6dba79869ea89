// Free memory by size of its pieces, from /proc/buddyinfo: how fragmented each zone is.
import { z } from '../../core/config.ts';
import { createMatchList } from '../match-list.ts';
import { eachLine, requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

const zoneCharactersMax = 15;

export const buddyinfo = definePlugin({
  name: 'buddyinfo',
  summary: 'free memory by size of its pieces',
  options: () => ({
    zone: z.array(z.string()).default([]).describe('Zones to take, e.g. Normal; none takes all.'),
  }),
  create: (options) => {
    const zones = createMatchList(options.zone, false);
    return {
      read: ({ host, emit }) => {
        // "Node 0, zone   Normal  12831   8732 …", the sizes doubling from one page on.
        eachLine(requireText(host, '/proc/buddyinfo'), (words) => {
          const [title, node = '', , zone = ''] = words;
          if (title !== 'Node' || zones.leavesOut(zone)) return;
          const pluginInstance = `Node${Number.parseInt(node, 10)}/${zone}`.slice(
            0,
            zoneCharactersMax,
          );
          for (const [order, count] of words.slice(4).entries()) {
            emit({
              pluginInstance,
              type: 'freepages',
              typeInstance: `${(host.pageBytes / 1024) * 2 ** order}KB`,
              values: [Number(count)],
            });
          }
        });
      },
    };
  },
});
