// The collectors that ship. A collector is its own file plus a line here.
import { cpu } from './cpu.ts';
import { df } from './df.ts';
import { disk } from './disk.ts';
import { networkInterface } from './interface.ts';
import { internal } from './internal.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import type { Plugin } from './plugin.ts';
import { processes } from './processes.ts';
import { swap } from './swap.ts';
import { uptime } from './uptime.ts';
import { users } from './users.ts';

export const plugins: readonly Plugin[] = [
  cpu,
  df,
  disk,
  internal,
  networkInterface,
  load,
  memory,
  processes,
  swap,
  uptime,
  users,
];
