// collectd's own <Plugin network> block as options of this input: what it listens on.
import { formatListenAddress } from '../../../core/listen-address.ts';
import type { CollectdItem } from '../../plugins/plugin.ts';

type Problem = (item: CollectdItem, message: string) => void;

const defaultPort = 25826;
// About packets collectd sends; ours only receives.
const sendingKeys = new Set(['timetolive', 'maxpacketsize', 'forward', 'reportstats']);

function readListen(item: CollectdItem, problem: Problem): Record<string, unknown> {
  const [host = '', port = defaultPort] = item.values;
  const options: Record<string, unknown> = {
    listen: formatListenAddress({ host: String(host), port: Number(port) }),
  };
  for (const child of item.children) {
    const key = child.key.toLowerCase();
    const value = String(child.values[0] ?? '');
    if (key === 'securitylevel') options['securityLevel'] = value.toLowerCase();
    else if (key === 'authfile') options['authFile'] = value;
    else problem(child, `network: a Listen has no option ${child.key} here`);
  }
  return options;
}

/** Options for the items of a network block; what has no counterpart is told through `problem`. */
export function readNetworkBlock(
  items: readonly CollectdItem[],
  problem: Problem,
): Record<string, unknown> {
  let options: Record<string, unknown> | undefined;
  for (const item of items) {
    const key = item.key.toLowerCase();
    if (key === 'listen' && options === undefined) options = readListen(item, problem);
    else if (key === 'listen') problem(item, 'network: one Listen is taken, further ones are not');
    else if (!sendingKeys.has(key)) problem(item, `network has no option ${item.key} here`);
  }
  return options ?? {};
}
