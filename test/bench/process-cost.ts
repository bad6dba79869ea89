// What a process and its children have cost so far, from /proc: Linux only.
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ is 100 on every Linux Node runs on

export interface ProcessCost {
  cpuSeconds: number;
  rssMebibytes: number;
  peakMebibytes: number;
}

interface Stat {
  parent: number;
  ticks: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, k) => sum + Number(fields[k]), 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    return undefined; // it has ended
  }
}

/** Of `pid` and all its live descendants, reaped children included. */
export function costOf(pid: number): ProcessCost {
  const stats = new Map<number, Stat>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? readStat(Number(entry)) : undefined;
    if (stat !== undefined) stats.set(Number(entry), stat);
  }
  const cost: ProcessCost = { cpuSeconds: 0, rssMebibytes: 0, peakMebibytes: 0 };
  const add = (one: number): void => {
    const stat = stats.get(one);
    if (stat === undefined) return;
    cost.cpuSeconds += stat.ticks / ticksPerSecond;
    const status = readFileSync(`/proc/${one}/status`, 'latin1');
    cost.rssMebibytes += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    cost.peakMebibytes += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    for (const [child, { parent }] of stats) if (parent === one) add(child);
  };
  add(pid);
  return cost;
}
