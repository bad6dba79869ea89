// Swap space by device or together (/proc/swaps, /proc/meminfo) and swapping (/proc/vmstat).
import { z } from '../../core/config.ts';
import { eachLine, numberAfter, requireText } from '../proc-text.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

export const swap = definePlugin({
  name: 'swap',
  summary: 'swap space and swapping',
  enabledByDefault: true,
  options: () => ({
    reportByDevice: z.boolean().default(true).describe('One set of values for each swap device.'),
    reportBytes: z.boolean().default(true).describe('Swapping in bytes, else in pages.'),
    reportIO: z.boolean().default(true).describe('Send what is swapped in and out.'),
    valuesAbsolute: z.boolean().default(true).describe('Send bytes.'),
    valuesPercentage: z.boolean().default(true).describe('Send percent.'),
  }),
  collectdDefaults: { reportByDevice: false, reportBytes: false, valuesPercentage: false },
  create: (options) => {
    const emitUsage = (
      { emit }: ReadContext,
      device: string,
      usage: readonly [string, number][],
    ): void => {
      const place = device === '' ? {} : { pluginInstance: device };
      let sum = 0;
      for (const [, bytes] of usage) sum += bytes;
      for (const [kind, bytes] of usage) {
        if (options.valuesAbsolute)
          emit({ ...place, type: 'swap', typeInstance: kind, values: [bytes] });
        if (options.valuesPercentage)
          emit({ ...place, type: 'percent', typeInstance: kind, values: [(100 * bytes) / sum] });
      }
    };

    const readDevices = (context: ReadContext): void => {
      eachLine(requireText(context.host, '/proc/swaps'), (words) => {
        const total = Number(words[2]) * 1024;
        const used = Number(words[3]) * 1024;
        if (words.length !== 5 || !(total >= used)) return; // the title line, too
        const device = words[0]!.replace(/^\//, '').replaceAll('/', '_');
        emitUsage(context, device, [
          ['used', used],
          ['free', total - used],
        ]);
      });
    };

    const readTogether = (context: ReadContext): void => {
      const text = requireText(context.host, '/proc/meminfo');
      const total = (numberAfter(text, 'SwapTotal:') ?? 0) * 1024;
      const free = (numberAfter(text, 'SwapFree:') ?? 0) * 1024;
      const cached = numberAfter(text, 'SwapCached:');
      const used = total - free - (cached ?? 0) * 1024;
      if (used < 0) return;
      const usage: [string, number][] = [
        ['used', used],
        ['free', free],
      ];
      if (cached !== undefined) usage.push(['cached', cached * 1024]);
      emitUsage(context, '', usage);
    };

    return {
      read: (context) => {
        if (options.reportByDevice) readDevices(context);
        else readTogether(context);
        if (!options.reportIO) return;
        const text = requireText(context.host, '/proc/vmstat');
        const unit = options.reportBytes ? context.host.pageBytes : 1;
        const swappedIn = numberAfter(text, 'pswpin ');
        const swappedOut = numberAfter(text, 'pswpout ');
        if (swappedIn === undefined || swappedOut === undefined) return;
        context.emit({ type: 'swap_io', typeInstance: 'in', values: [swappedIn * unit] });
        context.emit({ type: 'swap_io', typeInstance: 'out', values: [swappedOut * unit] });
      },
    };
  },
});
