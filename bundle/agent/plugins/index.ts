// The collectors that ship. A collector is its own file plus a line here.
import { agentItself } from './agent.ts';
import { buddyinfo } from './buddyinfo.ts';
import { cgroups } from './cgroups.ts';
import { conntrack } from './conntrack.ts';
import { contextswitch } from './contextswitch.ts';
import { cpu } from './cpu.ts';
import { cpufreq } from './cpufreq.ts';
import { df } from './df.ts';
import { disk } from './disk.ts';
import { entropy } from './entropy.ts';
import { fhcount } from './fhcount.ts';
import { hugepages } from './hugepages.ts';
import { networkInterface } from './interface.ts';
import { internal } from './internal.ts';
import { ipc } from './ipc.ts';
import { irq } from './irq.ts';
import { load } from './load.ts';
import { md } from './md.ts';
import { memory } from './memory.ts';
import { nfs } from './nfs.ts';
import { numa } from './numa.ts';
import type { Plugin } from './plugin.ts';
import { processes } from './processes.ts';
import { protocols } from './protocols.ts';
import { serial } from './serial.ts';
import { swap } from './swap.ts';
import { tcpconns } from './tcpconns.ts';
import { thermal } from './thermal.ts';
import { uptime } from './uptime.ts';
import { users } from './users.ts';
import { vmem } from './vmem.ts';
import { zfsArc } from './zfs-arc.ts';

export const plugins: readonly Plugin[] = [
  agentItself,
  buddyinfo,
  cgroups,
  conntrack,
  contextswitch,
  cpu,
  cpufreq,
  df,
  disk,
  entropy,
  fhcount,
  hugepages,
  internal,
  ipc,
  irq,
  load,
  md,
  memory,
  networkInterface,
  nfs,
  numa,
  processes,
  protocols,
  serial,
  swap,
  tcpconns,
  thermal,
  uptime,
  users,
  vmem,
  zfsArc,
];
