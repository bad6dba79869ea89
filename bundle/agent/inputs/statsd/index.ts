// The StatsD input as the agent lists it; what it runs is loaded when it is enabled.
import { defineInput } from '../input.ts';
import { statsdOptions } from './options.ts';

export const statsd = defineInput({
  name: 'statsd',
  summary: 'takes StatsD packets over UDP, TCP and a unix socket',
  options: statsdOptions,
  start: async (options, context) => (await import('./run.ts')).start(options, context),
});
