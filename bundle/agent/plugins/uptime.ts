// Seconds since the machine started.
import { OperatingError } from '../../core/errors.ts';
import { requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

export const uptime = definePlugin({
  name: 'uptime',
  summary: 'time since the machine started',
  options: () => ({}),
  create: () => ({
    read: ({ host, emit }) => {
      const seconds = Number.parseFloat(requireText(host, '/proc/uptime'));
      if (Number.isNaN(seconds))
        throw new OperatingError('bad-input', '/proc/uptime does not begin with a number');
      emit({ type: 'uptime', values: [Math.floor(seconds)] });
    },
  }),
});
