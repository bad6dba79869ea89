// Space of mounted file systems, by device or by mount point. A file system that does not answer
// (a dead NFS server) costs its own values and nothing else.
import { z } from '../../core/config.ts';
import { messageOf } from '../../core/errors.ts';
import type { FileSystemSpace, Host } from '../host.ts';
import { createMatchList } from '../match-list.ts';
import { eachLine, requireText } from '../proc-text.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

interface Mount {
  device: string;
  directory: string;
  fsType: string;
}

const answerMs = 2000;
// Asking blocks one of the runtime's four helper threads; leave some for everybody else.
const unansweredMax = 2;

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );

function readMounts(host: Host): Mount[] {
  const mounts: Mount[] = [];
  eachLine(requireText(host, '/proc/self/mounts'), ([device, directory, fsType]) => {
    if (device === undefined || directory === undefined || fsType === undefined) return;
    mounts.push({ device: unescapeOctal(device), directory: unescapeOctal(directory), fsType });
  });
  return mounts;
}

const deviceName = (device: string): string => device.replace(/^\/dev\/(?=.)/, '');
const directoryName = (directory: string): string =>
  directory === '/' ? 'root' : directory.slice(1).replaceAll('/', '-');

export const df = definePlugin({
  name: 'df',
  summary: 'space of file systems',
  enabledByDefault: true,
  options: () => ({
    device: z.array(z.string()).default([]).describe('Devices, e.g. /dev/sda1 or /regex/.'),
    mountPoint: z.array(z.string()).default([]).describe('Mount points: exact or /regex/.'),
    fsType: z
      .array(z.string())
      .default(['devtmpfs', 'tmpfs'])
      .describe('Types of file system: exact or /regex/.'),
    ignoreSelected: z
      .boolean()
      .default(true)
      .describe('true leaves the named ones out, false takes only them.'),
    reportByDevice: z.boolean().default(true).describe('Name by device, else by mount point.'),
    reportInodes: z.boolean().default(false).describe('Send inodes too.'),
    valuesAbsolute: z.boolean().default(true).describe('Send bytes.'),
    valuesPercentage: z.boolean().default(true).describe('Send percent.'),
  }),
  collectdDefaults: {
    fsType: [],
    ignoreSelected: false,
    reportByDevice: false,
    valuesPercentage: false,
  },
  create: (options) => {
    const devices = createMatchList(options.device, options.ignoreSelected);
    const directories = createMatchList(options.mountPoint, options.ignoreSelected);
    const fsTypes = createMatchList(options.fsType, options.ignoreSelected);
    const unanswered = new Set<string>();
    const complained = new Set<string>();

    const select = (mounts: readonly Mount[]): Mount[] => {
      const seen = new Set<string>();
      return mounts.filter((mount) => {
        const key = options.reportByDevice ? mount.device : mount.directory;
        const isFirst = !seen.has(key);
        seen.add(key);
        return (
          isFirst &&
          !devices.leavesOut(mount.device) &&
          !directories.leavesOut(mount.directory) &&
          !fsTypes.leavesOut(mount.fsType)
        );
      });
    };

    const complainOnce = (context: ReadContext, directory: string, why: string): void => {
      if (complained.has(directory)) return;
      complained.add(directory);
      context.log.warn('a file system does not say its size', { directory, why });
    };

    const ask = async (context: ReadContext, directory: string) => {
      if (unanswered.has(directory) || unanswered.size >= unansweredMax) return undefined;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => {
          unanswered.add(directory);
          complainOnce(context, directory, `no answer within ${answerMs} ms`);
          resolve(undefined);
        }, answerMs);
      });
      const answer = context.host.space(directory).then(
        (space) => {
          complained.delete(directory);
          return space;
        },
        (error: unknown) => {
          complainOnce(context, directory, messageOf(error));
          return undefined;
        },
      );
      const space = await Promise.race([answer, late]);
      clearTimeout(timer);
      if (unanswered.has(directory)) void answer.finally(() => unanswered.delete(directory));
      return space;
    };

    const emitShares = (
      { emit }: ReadContext,
      name: string,
      types: { absolute: string; percent: string; unit: number },
      parts: { free: number; reserved: number; used: number },
    ): void => {
      const total = parts.free + parts.reserved + parts.used;
      for (const [kind, value] of Object.entries(parts)) {
        const place = { pluginInstance: name, typeInstance: kind };
        if (options.valuesAbsolute)
          emit({ ...place, type: types.absolute, values: [value * types.unit] });
        if (options.valuesPercentage)
          emit({ ...place, type: types.percent, values: [(value / total) * 100] });
      }
    };

    const emitSpace = (context: ReadContext, mount: Mount, space: FileSystemSpace): void => {
      if (space.blocks === 0) return;
      const name = options.reportByDevice
        ? deviceName(mount.device)
        : directoryName(mount.directory);
      const available = Math.max(0, space.blocksAvailable);
      const free = Math.max(space.blocksFree, available);
      const blocks = Math.max(space.blocks, free);
      emitShares(
        context,
        name,
        { absolute: 'df_complex', percent: 'percent_bytes', unit: space.blockBytes },
        { free: available, reserved: free - available, used: blocks - free },
      );
      if (!options.reportInodes || space.inodes === 0 || space.inodesFree === 0) return;
      const inodes = Math.max(space.inodes, space.inodesFree);
      emitShares(
        context,
        name,
        { absolute: 'df_inodes', percent: 'percent_inodes', unit: 1 },
        { free: space.inodesFree, reserved: 0, used: inodes - space.inodesFree },
      );
    };

    return {
      read: async (context) => {
        const mounts = select(readMounts(context.host));
        await Promise.all(
          mounts.map(async (mount) => {
            const space = await ask(context, mount.directory);
            if (space !== undefined) emitSpace(context, mount, space);
          }),
        );
      },
    };
  },
});
