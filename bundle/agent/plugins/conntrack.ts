// Connections tracked by the packet filter, and how many there may be.
import { OperatingError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { readNumber } from '../proc-text.ts';
import { definePlugin } from './plugin.ts';

// The second place is that of kernels before 2.6.20.
const readEither = (host: Host, name: string): number | undefined =>
  readNumber(host, `/proc/sys/net/netfilter/nf_${name}`) ??
  readNumber(host, `/proc/sys/net/ipv4/netfilter/ip_${name}`);

export const conntrack = definePlugin({
  name: 'conntrack',
  summary: 'tracked connections',
  options: () => ({}),
  create: () => ({
    read: ({ host, emit }) => {
      const count = readEither(host, 'conntrack_count');
      const max = readEither(host, 'conntrack_max');
      if (count === undefined || max === undefined)
        throw new OperatingError('cannot-read', 'this kernel does not track connections');
      emit({ type: 'conntrack', values: [count] });
      emit({ type: 'conntrack', typeInstance: 'max', values: [max] });
      emit({ type: 'percent', typeInstance: 'used', values: [(count / max) * 100] });
    },
  }),
});
