// The log input as the agent lists it; what it runs is loaded when it is enabled.
import { defineInput } from '../input.ts';
import { logOptions } from './options.ts';

export const logs = defineInput({
  name: 'logs',
  summary: 'follows log files and counts, times and shows what rules find in them',
  options: logOptions,
  start: async (options, context) => (await import('./run.ts')).start(options, context),
});
