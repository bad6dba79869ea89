// Temperatures and cooling devices, from /sys/class/thermal or, on old kernels, /proc/acpi.
import { z } from '../../core/config.ts';
import { OperatingError } from '../../core/errors.ts';
import { createMatchList } from '../match-list.ts';
import { readNumber } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

const sysDirectory = '/sys/class/thermal';
const procDirectory = '/proc/acpi/thermal_zone';

// "temperature:             55 C"
function parseAcpi(text: string | undefined): number | undefined {
  const match = /^temperature:\s+(-?[\d.]+) ([CFK])/.exec(text ?? '');
  if (match === null) return undefined;
  const value = Number(match[1]);
  if (match[2] === 'F') return ((value - 32) * 5) / 9;
  return match[2] === 'K' ? value - 273.15 : value;
}

export const thermal = definePlugin({
  name: 'thermal',
  summary: 'temperatures',
  options: () => ({
    device: z.array(z.string()).default([]).describe('Devices: exact names or /regex/.'),
    ignoreSelected: z
      .boolean()
      .default(false)
      .describe('true leaves the named ones out, false takes only them.'),
    forceUseProcfs: z.boolean().default(false).describe('Do not look into /sys.'),
  }),
  create: (options) => {
    const list = createMatchList(options.device, options.ignoreSelected);
    return {
      read: ({ host, emit }) => {
        const sysDevices = options.forceUseProcfs ? undefined : host.list(sysDirectory);
        if (sysDevices !== undefined) {
          for (const device of sysDevices) {
            if (list.leavesOut(device)) continue;
            const millidegrees = readNumber(host, `${sysDirectory}/${device}/temp`);
            if (millidegrees !== undefined)
              emit({ pluginInstance: device, type: 'temperature', values: [millidegrees / 1000] });
            const state = readNumber(host, `${sysDirectory}/${device}/cur_state`);
            if (state !== undefined)
              emit({ pluginInstance: device, type: 'gauge', values: [state] });
          }
          return;
        }
        const zones = host.list(procDirectory);
        if (zones === undefined)
          throw new OperatingError('cannot-read', 'this kernel shows no temperatures');
        for (const zone of zones) {
          if (list.leavesOut(zone)) continue;
          const degrees = parseAcpi(host.readText(`${procDirectory}/${zone}/temperature`));
          if (degrees !== undefined)
            emit({ pluginInstance: zone, type: 'temperature', values: [degrees] });
        }
      },
    };
  },
});
