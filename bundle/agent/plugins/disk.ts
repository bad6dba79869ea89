// Traffic, latency and queues of block devices from /proc/diskstats.
import { z } from '../../core/config.ts';
import { createMatchList } from '../match-list.ts';
import { eachLine, requireText } from '../proc-text.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

const sectorBytes = 512;
const wrap = 2 ** 32;
// Devices that are a view of memory or of a file; skipped while no device is named.
const virtualDevice = /^(loop|ram|zram|fd)\d+$/;

// Columns of /proc/diskstats, counted from the device name.
const columns = {
  reads: 3,
  readsMerged: 4,
  readSectors: 5,
  readMs: 6,
  writes: 7,
  writesMerged: 8,
  writeSectors: 9,
  writeMs: 10,
  pending: 11,
  busyMs: 12,
  weightedMs: 13,
} as const;
type Counters = Record<keyof typeof columns, number>;

interface Disk {
  last: Counters;
  readBytes: number;
  writeBytes: number;
  /** Running sums whose rate is the average time of an operation, as collectd has it. */
  readTime: number;
  writeTime: number;
  sawMerge: boolean;
  sawPending: boolean;
  sawBusy: boolean;
  generation: number;
}

function parseCounters(words: readonly string[]): Counters {
  const counters = {} as Counters;
  for (const [name, column] of Object.entries(columns))
    counters[name as keyof Counters] = Number(words[column]);
  return counters;
}

const zero: Counters = parseCounters(Array.from({ length: 14 }, () => '0'));

// The kernel keeps some of these in 32 bits, depending on version and architecture.
const grown = (now: number, before: number): number =>
  now < before ? now + wrap - before : now - before;

function advance(disk: Disk, now: Counters, seconds: number): void {
  const { last } = disk;
  disk.readBytes += sectorBytes * grown(now.readSectors, last.readSectors);
  disk.writeBytes += sectorBytes * grown(now.writeSectors, last.writeSectors);
  const reads = grown(now.reads, last.reads);
  const writes = grown(now.writes, last.writes);
  if (reads > 0) disk.readTime += (seconds * grown(now.readMs, last.readMs)) / reads;
  if (writes > 0) disk.writeTime += (seconds * grown(now.writeMs, last.writeMs)) / writes;
  disk.sawMerge ||= now.readsMerged + now.writesMerged > 0;
  disk.sawPending ||= now.pending > 0;
  disk.sawBusy ||= now.busyMs > 0;
  disk.last = now;
}

function emitDisk({ emit }: ReadContext, name: string, disk: Disk): void {
  const now = disk.last;
  if (now.reads === 0 && now.writes === 0) return;
  const send = (type: string, ...values: number[]): void =>
    emit({ pluginInstance: name, type, values });
  if (disk.readBytes + disk.writeBytes > 0) send('disk_octets', disk.readBytes, disk.writeBytes);
  send('disk_ops', now.reads, now.writes);
  if (disk.readTime + disk.writeTime > 0) send('disk_time', disk.readTime, disk.writeTime);
  if (disk.sawMerge) send('disk_merged', now.readsMerged, now.writesMerged);
  if (disk.sawPending) send('pending_operations', now.pending);
  if (disk.sawBusy) send('disk_io_time', now.busyMs, now.weightedMs);
}

export const disk = definePlugin({
  name: 'disk',
  summary: 'block devices',
  enabledByDefault: true,
  options: () => ({
    disk: z
      .array(z.string())
      .default([])
      .describe('Devices: exact names or /regex/; none takes every real block device.'),
    ignoreSelected: z
      .boolean()
      .default(false)
      .describe('true leaves the named ones out, false takes only them.'),
    skipVirtual: z
      .boolean()
      .default(true)
      .describe('While no device is named, leave out loop, ram, zram and floppy devices.'),
  }),
  collectdDefaults: { skipVirtual: false },
  create: (options) => {
    const list = createMatchList(options.disk, options.ignoreSelected);
    const skipVirtual = options.skipVirtual && options.disk.length === 0;
    const disks = new Map<string, Disk>();
    let generation = 0;
    let beforeMs: number | undefined;
    return {
      read: (context) => {
        generation += 1;
        const { elapsedMs, intervalMs } = context;
        const seconds = (beforeMs === undefined ? intervalMs : elapsedMs - beforeMs) / 1000;
        beforeMs = elapsedMs;
        eachLine(requireText(context.host, '/proc/diskstats'), (words) => {
          const name = words[2];
          if (words.length < 14 || name === undefined) return;
          if (list.leavesOut(name) || (skipVirtual && virtualDevice.test(name))) return;
          let one = disks.get(name);
          const isNew = one === undefined;
          one ??= {
            last: zero,
            readBytes: 0,
            writeBytes: 0,
            readTime: 0,
            writeTime: 0,
            sawMerge: false,
            sawPending: false,
            sawBusy: false,
            generation,
          };
          disks.set(name, one);
          one.generation = generation;
          advance(one, parseCounters(words), seconds);
          if (!isNew) emitDisk(context, name, one);
        });
        for (const [name, one] of disks) if (one.generation !== generation) disks.delete(name);
      },
    };
  },
});
