// The collectd network input as the agent lists it; what it runs is loaded when it is enabled.
import { defineInput } from '../input.ts';
import { readNetworkBlock } from './collectd-block.ts';
import { collectdOptions } from './options.ts';

export const collectdNetwork = defineInput({
  name: 'collectd',
  summary: "takes collectd's network protocol over UDP: plain, signed or encrypted",
  options: collectdOptions,
  collectdPlugin: 'network',
  readCollectd: readNetworkBlock,
  start: async (options, context) => (await import('./run.ts')).start(options, context),
});
