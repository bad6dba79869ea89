// All processes, remembered between collections: which groups each belongs to and what it had
// counted. Of a process in no group only its stat line is read, and its command line once.
import type { Host } from '../host.ts';
import type { MemberCounters, ProcessGroup } from './process-group.ts';
import {
  createProcessStat,
  type ProcessStat,
  parseProcessStat,
  statFields,
} from './process-stat.ts';

export interface GroupMatcher {
  group: ProcessGroup;
  /** `commandLine` is never empty: it is [name] where a process has none. */
  matches(name: string, commandLine: string): boolean;
}

export type StateCounts = Record<'sleeping' | 'zombies' | 'stopped' | 'paging' | 'blocked', number>;

interface Known {
  startTicks: number;
  name: Uint8Array;
  memberships: { group: ProcessGroup; counters: MemberCounters | undefined }[];
  generation: number;
  /** Generation at which the command line is read again: exec keeps pid and start time. */
  rereadAt: number;
}

const stateOfLetter: Record<number, keyof StateCounts> = {
  83: 'sleeping', // S
  90: 'zombies', // Z
  84: 'stopped', // T
  87: 'paging', // W
  68: 'blocked', // D
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const commandLineCharactersMax = 4096;
// Other work (replay, inputs) gets a turn after so many processes.
const processesPerTurn = 500;
// A young process may still exec what it is to become; an old one hardly does.
const rereadYoungGenerations = 1;
const rereadOldGenerations = 60;
const youngTurns = 12;

function isSameName(a: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (a.length !== to - from) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== bytes[from + i]) return false;
  return true;
}

export class ProcessTable {
  private readonly matchers: readonly GroupMatcher[];
  private readonly known = new Map<number, Known & { bornAt: number }>();
  private readonly stat: ProcessStat = createProcessStat();
  private generation = 0;

  constructor(matchers: readonly GroupMatcher[]) {
    this.matchers = matchers;
  }

  /** Number of processes remembered. */
  get size(): number {
    return this.known.size;
  }

  /** Reads every process once into the groups; a process that vanishes meanwhile counts nowhere. */
  async collect(host: Host): Promise<StateCounts> {
    const counts: StateCounts = { sleeping: 0, zombies: 0, stopped: 0, paging: 0, blocked: 0 };
    this.generation += 1;
    for (const { group } of this.matchers) group.beginCollection();
    let turn = 0;
    for (const entry of host.list('/proc') ?? []) {
      const first = entry.charCodeAt(0);
      if (first < 0x31 || first > 0x39) continue;
      const pid = Number(entry);
      const bytes = host.readOnce(`/proc/${entry}/stat`);
      if (bytes === undefined || !parseProcessStat(bytes, this.stat)) continue;
      const state = stateOfLetter[this.stat.state];
      if (state !== undefined) counts[state] += 1;
      if (this.matchers.length > 0) this.collectOne(host, pid, bytes);
      turn += 1;
      if (turn % processesPerTurn === 0) await nextTurn();
    }
    for (const [pid, one] of this.known)
      if (one.generation !== this.generation) this.known.delete(pid);
    return counts;
  }

  private collectOne(host: Host, pid: number, bytes: Uint8Array): void {
    const { stat, generation } = this;
    const startTicks = stat.values[statFields.startTicks]!;
    let one = this.known.get(pid);
    if (one === undefined || one.startTicks !== startTicks) {
      const name = bytes.slice(stat.nameFrom, stat.nameTo);
      one = {
        startTicks,
        name,
        memberships: [],
        generation,
        rereadAt: generation + rereadYoungGenerations,
        bornAt: generation,
      };
      this.known.set(pid, one);
      this.match(host, pid, one);
    } else if (
      one.rereadAt <= generation ||
      !isSameName(one.name, bytes, stat.nameFrom, stat.nameTo)
    ) {
      one.name = bytes.slice(stat.nameFrom, stat.nameTo);
      const isYoung = generation - one.bornAt < youngTurns;
      // Spread by pid, so that not all are read again at the same collection.
      one.rereadAt =
        generation +
        (isYoung ? rereadYoungGenerations : rereadOldGenerations + (pid % rereadOldGenerations));
      this.match(host, pid, one);
    }
    one.generation = generation;
    for (const membership of one.memberships)
      membership.counters = membership.group.add(host, pid, stat, membership.counters);
  }

  private match(host: Host, pid: number, one: Known): void {
    const name = Buffer.from(one.name).toString('utf8');
    const raw = host.readOnce(`/proc/${pid}/cmdline`);
    let commandLine = '';
    if (raw !== undefined && raw.length > 0) {
      commandLine = Buffer.from(raw.subarray(0, commandLineCharactersMax))
        .toString('utf8')
        .replace(/[\s\0]+$/, '')
        .replaceAll('\0', ' ');
    }
    if (commandLine === '') commandLine = `[${name}]`;
    const before = one.memberships;
    one.memberships = [];
    for (const { group, matches } of this.matchers) {
      if (!matches(name, commandLine)) continue;
      const counters = before.find((membership) => membership.group === group)?.counters;
      one.memberships.push({ group, counters });
    }
  }
}
