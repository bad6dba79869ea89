// The exec input as the agent lists it; what it runs is loaded when it is enabled.
import { defineInput } from '../input.ts';
import { execOptions } from './options.ts';

export const exec = defineInput({
  name: 'exec',
  summary: 'runs commands on a schedule: Graphite lines, JSON or Nagios plugin output',
  options: execOptions,
  start: async (options, context) => (await import('./run.ts')).start(options, context),
});
