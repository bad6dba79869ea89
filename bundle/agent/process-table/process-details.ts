// What is read of a process only when a group wants it: memory, I/O, context switches, descriptors,
// memory maps. Each reader returns undefined when the process is gone or may not be looked into.
import type { Host } from '../host.ts';
import { numberAfter } from '../proc-text.ts';

export interface ProcessMemory {
  dataBytes: number;
  codeBytes: number;
  stackBytes: number;
}

export function readMemory(host: Host, pid: number): ProcessMemory | undefined {
  const text = host.readText(`/proc/${pid}/status`);
  if (text === undefined) return undefined;
  const bytes = (key: string): number => (numberAfter(text, `${key}:`) ?? 0) * 1024;
  return {
    dataBytes: bytes('VmData'),
    codeBytes: bytes('VmExe') + bytes('VmLib'),
    stackBytes: bytes('VmStk'),
  };
}

/** Bytes and calls read and written, then bytes that reached a disk. */
export function readIo(host: Host, pid: number): number[] | undefined {
  const text = host.readText(`/proc/${pid}/io`);
  if (text === undefined) return undefined;
  const values = ['rchar', 'wchar', 'syscr', 'syscw', 'read_bytes', 'write_bytes'].map((key) =>
    numberAfter(text, `${key}:`),
  );
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** Voluntary and involuntary switches, summed over all threads. */
export function readContextSwitches(host: Host, pid: number): number[] | undefined {
  const threads = host.list(`/proc/${pid}/task`);
  if (threads === undefined) return undefined;
  let voluntary = 0;
  let involuntary = 0;
  for (const thread of threads) {
    const text = host.readText(`/proc/${pid}/task/${thread}/status`);
    if (text === undefined) continue;
    voluntary += numberAfter(text, 'voluntary_ctxt_switches:') ?? 0;
    involuntary += numberAfter(text, 'nonvoluntary_ctxt_switches:') ?? 0;
  }
  return [voluntary, involuntary];
}

export function countDescriptors(host: Host, pid: number): number {
  return host.list(`/proc/${pid}/fd`)?.length ?? 0;
}

export function countMemoryMaps(host: Host, pid: number): number {
  const text = host.readText(`/proc/${pid}/maps`) ?? '';
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
