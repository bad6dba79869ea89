// Disks of software RAID arrays by their state, from /sys/block/md*.
import { z } from '../../core/config.ts';
import { createMatchList } from '../match-list.ts';
import { readNumber } from '../proc-text.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

export const md = definePlugin({
  name: 'md',
  summary: 'software RAID arrays',
  options: () => ({
    device: z.array(z.string()).default([]).describe('Arrays, e.g. /dev/md0 or /regex/.'),
    ignoreSelected: z
      .boolean()
      .default(false)
      .describe('true leaves the named ones out, false takes only them.'),
  }),
  create: (options) => {
    const devices = createMatchList(options.device, options.ignoreSelected);

    const readArray = ({ host, emit }: ReadContext, directory: string): void => {
      const members = host.list(`${directory}/md`)?.filter((name) => name.startsWith('dev-'));
      const minor = host.readText(`${directory}/dev`)?.trim().split(':')[1];
      if (members === undefined || minor === undefined) return;
      const counts = { active: 0, failed: 0, spare: 0, missing: 0 };
      for (const member of members) {
        const states = host.readText(`${directory}/md/${member}/state`)?.trim().split(',') ?? [];
        if (states.includes('faulty')) counts.failed += 1;
        else if (states.includes('in_sync')) counts.active += 1;
        else counts.spare += 1; // one that is being rebuilt is one, too
      }
      const wanted = readNumber(host, `${directory}/md/raid_disks`) ?? 0;
      counts.missing = Math.max(0, wanted - members.length);
      for (const [state, count] of Object.entries(counts))
        emit({ pluginInstance: minor, type: 'md_disks', typeInstance: state, values: [count] });
    };

    return {
      read: (context) => {
        for (const name of context.host.list('/sys/block') ?? [])
          if (/^md/.test(name) && !devices.leavesOut(`/dev/${name}`))
            readArray(context, `/sys/block/${name}`);
      },
    };
  },
});
