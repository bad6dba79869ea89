// Entropy available to the kernel's random numbers.
import { requireText } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

export const entropy = definePlugin({
  name: 'entropy',
  summary: 'entropy available',
  options: () => ({}),
  create: () => ({
    read: ({ host, emit }) =>
      emit({
        type: 'entropy',
        values: [Number(requireText(host, '/proc/sys/kernel/random/entropy_avail'))],
      }),
  }),
});
