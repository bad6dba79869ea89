// CPU time by state from /proc/stat, as percentages or counters, by CPU or for all together.
import { z } from '../../core/config.ts';
import { requireText } from '../proc-text.ts';
import { definePlugin, type ReadContext } from './plugin.ts';

// In collectd's order; the number is the column of /proc/stat.
const states = [
  ['user', 0],
  ['system', 2],
  ['wait', 4],
  ['nice', 1],
  ['interrupt', 5],
  ['softirq', 6],
  ['steal', 7],
  ['guest', 8],
  ['guest_nice', 9],
  ['idle', 3],
] as const;
const columnsMin = 8;
const guestColumns = 10;

const userColumn = 0;
const niceColumn = 1;
const idleColumn = 3;
const guestColumn = 8;
const guestNiceColumn = 9;

interface Cpu {
  ticks: number[];
  /** Ticks in the last interval by column; undefined until there were two readings. */
  spent: number[] | undefined;
}

export const cpu = definePlugin({
  name: 'cpu',
  summary: 'CPU time by state',
  enabledByDefault: true,
  options: () => ({
    reportByCpu: z.boolean().default(true).describe('One set of values for each CPU.'),
    reportByState: z
      .boolean()
      .default(true)
      .describe('One value for each state, else only "active".'),
    valuesPercentage: z.boolean().default(true).describe('Percent; false sends counters of ticks.'),
    reportNumCpu: z.boolean().default(true).describe('Send cpu.count.'),
    reportGuestState: z.boolean().default(true).describe('Send guest and guest_nice.'),
    subtractGuestState: z
      .boolean()
      .default(true)
      .describe('Take guest time out of user and nice, which the kernel counts there too.'),
  }),
  collectdDefaults: { valuesPercentage: false, reportNumCpu: false, reportGuestState: false },
  create: (options) => {
    const cpus = new Map<number, Cpu>();

    const stage = (number: number, words: readonly string[]): void => {
      const ticks = words.slice(1, 1 + guestColumns).map(Number);
      if (options.reportGuestState && options.subtractGuestState) {
        ticks[userColumn] = Math.max(0, ticks[userColumn]! - (ticks[guestColumn] ?? 0));
        ticks[niceColumn] = Math.max(0, ticks[niceColumn]! - (ticks[guestNiceColumn] ?? 0));
      }
      const before = cpus.get(number);
      // Idle and wait time may run backwards a little on some kernels: that is nothing, not less.
      const spent = before?.ticks.map((old, i) => Math.max(0, (ticks[i] ?? 0) - old));
      cpus.set(number, { ticks, spent });
    };

    const isReported = (column: number, columns: number): boolean =>
      column < columns && (column < guestColumn || options.reportGuestState);

    const emitOne = (context: ReadContext, instance: string, spent: readonly number[]): void => {
      const place = instance === '' ? {} : { pluginInstance: instance };
      let active = 0;
      for (const [, column] of states)
        if (column !== idleColumn && isReported(column, spent.length)) active += spent[column]!;
      const sum = active + spent[idleColumn]!;
      if (!(sum > 0)) return;
      if (!options.reportByState) {
        const values = [(100 * active) / sum];
        context.emit({ ...place, type: 'percent', typeInstance: 'active', values });
        return;
      }
      for (const [state, column] of states) {
        if (!isReported(column, spent.length)) continue;
        const values = [(100 * spent[column]!) / sum];
        context.emit({ ...place, type: 'percent', typeInstance: state, values });
      }
    };

    const emitCounters = (context: ReadContext): void => {
      for (const [number, { ticks }] of cpus) {
        for (const [state, column] of states) {
          if (!isReported(column, ticks.length)) continue;
          const values = [ticks[column]!];
          context.emit({ pluginInstance: `${number}`, type: 'cpu', typeInstance: state, values });
        }
      }
    };

    return {
      read: (context) => {
        const seen = new Set<number>();
        for (const line of requireText(context.host, '/proc/stat').split('\n')) {
          if (!line.startsWith('cpu')) break;
          const words = line.split(/\s+/);
          const number = Number.parseInt(words[0]!.slice(3), 10);
          if (Number.isNaN(number) || words.length <= columnsMin) continue;
          stage(number, words);
          seen.add(number);
        }
        for (const number of cpus.keys()) if (!seen.has(number)) cpus.delete(number);
        if (options.reportNumCpu)
          context.emit({ type: 'count', values: [Math.max(-1, ...seen) + 1] });
        if (options.reportByState && options.reportByCpu && !options.valuesPercentage) {
          emitCounters(context);
          return;
        }
        const all: number[] = [];
        for (const [number, { spent }] of cpus) {
          if (spent === undefined) continue;
          if (options.reportByCpu) emitOne(context, `${number}`, spent);
          else for (const [i, ticks] of spent.entries()) all[i] = (all[i] ?? 0) + ticks;
        }
        if (!options.reportByCpu && all.length > 0) emitOne(context, '', all);
      },
    };
  },
});
