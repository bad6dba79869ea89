// Load averages from /proc/loadavg, as they are or divided by the number of CPUs.
import { z } from '../../core/config.ts';
import { OperatingError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

// "0-3,6" counts five.
function countOnlineCpus(host: Host): number {
  let count = 0;
  for (const range of (host.readText('/sys/devices/system/cpu/online') ?? '').trim().split(',')) {
    const [first = '', last = first] = range.split('-');
    const cpus = Number.parseInt(last, 10) - Number.parseInt(first, 10) + 1;
    if (cpus > 0) count += cpus;
  }
  if (count > 0) return count;
  return requireText(host, '/proc/stat').match(/^cpu\d/gm)?.length ?? 1;
}

export const load = definePlugin({
  name: 'load',
  summary: 'load averages',
  enabledByDefault: true,
  options: () => ({
    reportRelative: z.boolean().default(true).describe('Divide by the number of CPUs in use.'),
  }),
  collectdDefaults: { reportRelative: false },
  create: (options) => ({
    read: ({ host, emit }) => {
      const values = requireText(host, '/proc/loadavg').split(' ', 3).map(Number);
      if (values.length < 3 || values.some(Number.isNaN))
        throw new OperatingError('bad-input', '/proc/loadavg does not begin with three numbers');
      if (!options.reportRelative) {
        emit({ type: 'load', values });
        return;
      }
      const cpus = countOnlineCpus(host);
      emit({ type: 'load', typeInstance: 'relative', values: values.map((one) => one / cpus) });
    },
  }),
});
