// A group of processes seen as one: gauges summed anew each collection, counters kept as a running
// sum of what each member added, so they never fall when a member ends.
import type { Host } from '../host.ts';
import type { Reading } from '../plugins/plugin.ts';
import {
  countDescriptors,
  countMemoryMaps,
  readContextSwitches,
  readIo,
  readMemory,
} from './process-details.ts';
import { type ProcessStat, statFields } from './process-stat.ts';

export interface GroupOptions {
  name: string;
  collectFileDescriptor: boolean;
  collectContextSwitch: boolean;
  collectMemoryMaps: boolean;
}

// Places in a member's counters.
const userMicroseconds = 0;
const systemMicroseconds = 1;
const minorFaults = 2;
const majorFaults = 3;
const io = 4; // six of them
const switches = 10; // two of them
const counterCount = 12;

const zombie = 'Z'.charCodeAt(0);

/** What a member counted when it was last seen; NaN where it could not be read. */
export type MemberCounters = Float64Array;

export class ProcessGroup {
  readonly options: GroupOptions;
  private gauges = { processes: 0, threads: 0, vm: 0, rss: 0, data: 0, code: 0, stack: 0 };
  private descriptors = 0;
  private maps = 0;
  private readonly totals = new Float64Array(counterCount);
  private sawIo = false;
  private sawSwitches = false;

  constructor(options: GroupOptions) {
    this.options = options;
  }

  beginCollection(): void {
    this.gauges = { processes: 0, threads: 0, vm: 0, rss: 0, data: 0, code: 0, stack: 0 };
    this.descriptors = 0;
    this.maps = 0;
  }

  /**
   * Adds a living member. `before` is what this returned for it at the last collection; a member
   * seen for the first time adds to no counter, so that a late one makes no spike.
   */
  add(
    host: Host,
    pid: number,
    stat: ProcessStat,
    before: MemberCounters | undefined,
  ): MemberCounters {
    const counters = before === undefined ? new Float64Array(counterCount) : before.slice();
    if (stat.state === zombie) return counters;
    this.addGauges(host, pid, stat);
    const tickMicroseconds = 1e6 / host.ticksPerSecond;
    counters[userMicroseconds] = stat.values[statFields.userTicks]! * tickMicroseconds;
    counters[systemMicroseconds] = stat.values[statFields.systemTicks]! * tickMicroseconds;
    counters[minorFaults] = stat.values[statFields.minorFaults]!;
    counters[majorFaults] = stat.values[statFields.majorFaults]!;
    const ioValues = readIo(host, pid);
    const switchValues = this.options.collectContextSwitch
      ? readContextSwitches(host, pid)
      : undefined;
    for (let i = 0; i < 6; i++) counters[io + i] = ioValues?.[i] ?? Number.NaN;
    for (let i = 0; i < 2; i++) counters[switches + i] = switchValues?.[i] ?? Number.NaN;
    if (before !== undefined) this.addGrowth(before, counters);
    return counters;
  }

  private addGauges(host: Host, pid: number, stat: ProcessStat): void {
    const { gauges, options } = this;
    const memory = readMemory(host, pid);
    gauges.processes += 1;
    gauges.threads += stat.values[statFields.threads] || 1;
    gauges.vm += stat.values[statFields.virtualBytes]!;
    gauges.rss += stat.values[statFields.residentPages]! * host.pageBytes;
    gauges.data += memory?.dataBytes ?? 0;
    gauges.code += memory?.codeBytes ?? 0;
    gauges.stack += memory?.stackBytes ?? 0;
    if (options.collectFileDescriptor) this.descriptors += countDescriptors(host, pid);
    if (options.collectMemoryMaps) this.maps += countMemoryMaps(host, pid);
  }

  private addGrowth(before: MemberCounters, now: MemberCounters): void {
    for (let i = 0; i < counterCount; i++) {
      const growth = now[i]! - before[i]!;
      if (growth > 0) this.totals[i]! += growth;
    }
    this.sawIo ||= !Number.isNaN(now[io]! - before[io]!);
    this.sawSwitches ||= !Number.isNaN(now[switches]! - before[switches]!);
  }

  /** Emits the group's values, zeros where no process matched. */
  emit(emit: (reading: Reading) => void): void {
    const { gauges, totals } = this;
    const send = (type: string, ...values: number[]): void =>
      emit({ pluginInstance: this.options.name, type, values });
    const sendInstance = (type: string, typeInstance: string, value: number): void =>
      emit({ pluginInstance: this.options.name, type, typeInstance, values: [value] });
    send('ps_vm', gauges.vm);
    send('ps_rss', gauges.rss);
    send('ps_data', gauges.data);
    send('ps_code', gauges.code);
    send('ps_stacksize', gauges.stack);
    send('ps_cputime', totals[userMicroseconds]!, totals[systemMicroseconds]!);
    send('ps_count', gauges.processes, gauges.threads);
    send('ps_pagefaults', totals[minorFaults]!, totals[majorFaults]!);
    if (this.sawIo) {
      send('io_octets', totals[io]!, totals[io + 1]!);
      send('io_ops', totals[io + 2]!, totals[io + 3]!);
      send('disk_octets', totals[io + 4]!, totals[io + 5]!);
    }
    if (this.descriptors > 0) send('file_handles', this.descriptors);
    if (this.maps > 0) sendInstance('file_handles', 'mapped', this.maps);
    if (this.sawSwitches) {
      sendInstance('contextswitch', 'voluntary', totals[switches]!);
      sendInstance('contextswitch', 'involuntary', totals[switches + 1]!);
    }
  }
}
