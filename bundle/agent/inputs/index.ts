// The inputs that ship. An input is its own folder plus a line here.
import { collectdNetwork } from './collectd/index.ts';
import { exec } from './exec/index.ts';
import type { Input } from './input.ts';
import { logs } from './logs/index.ts';
import { statsd } from './statsd/index.ts';

export const inputs: readonly Input[] = [statsd, collectdNetwork, exec, logs];
