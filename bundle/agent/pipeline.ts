// Where readings become lines: rates from counters, names, number formats, batches for the
// outputs. Collectors and inputs emit into it; it knows no socket and no file.
import type { Logger } from '../core/log.ts';
import { formatCounter, formatGauge, formatRate } from './format-value.ts';
import { createNaming, type NamingOptions } from './naming.ts';
import type { ValueList } from './value-list.ts';
import type { DataSource, ValueKind, ValueTypes } from './value-types.ts';

/** Whole plaintext lines, `name value seconds\n` each. */
export interface Batch {
  bytes: Buffer;
  points: number;
}

/** One destination as the pipeline sees it. */
export interface Sink {
  naming: NamingOptions;
  accept(batch: Batch): void;
}

export interface PipelineStatistics {
  /** Points handed to the outputs (counted once, however many outputs there are). */
  points: number;
  /** Values outside the bounds of their type, or not a number; not sent. */
  unknownValues: number;
  /** Value lists of a type that is not known, or with a wrong number of values. */
  rejectedLists: number;
  /** Identities remembered for their rates. */
  series: number;
}

export interface Pipeline {
  /** Takes a value list. `elapsedMs` is a monotonic time for rates; without it, its timeMs is used. */
  emit(list: ValueList, elapsedMs?: number): void;
  /** Takes a finished Graphite point; the name is used as it is. */
  emitPoint(name: string, value: number, timeSeconds: number): void;
  /** Hands what was emitted to the outputs. */
  flush(): void;
  setSinks(sinks: readonly Sink[]): void;
  /** Forgets identities not seen for `seriesIdleMs`. */
  forgetIdle(): void;
  statistics(): PipelineStatistics;
}

export interface PipelineOptions {
  /** The host part of names. */
  hostName: string;
  types: ValueTypes;
  now: () => number;
  log: Logger;
}

interface Series {
  sources: readonly DataSource[];
  /** Names for each naming group, then for each data source. */
  names: string[][];
  previous: readonly (number | bigint)[] | undefined;
  previousMs: number;
  seenMs: number;
}

interface Group {
  storeRates: boolean;
  naming: ReturnType<typeof createNaming>;
  sinks: Sink[];
  text: string;
  points: number;
}

const batchCharactersMax = 65_536;
const seriesMax = 500_000;
const seriesIdleMs = 15 * 60_000;
const wrap32 = 2 ** 32;
const wrap64 = 2 ** 64;

// Exact for counters beyond 2 ** 53, which come as bigint.
function growth(kind: ValueKind, current: number | bigint, previous: number | bigint): number {
  if (typeof current === 'number' && typeof previous === 'number') {
    const delta = current - previous;
    if (kind !== 'counter' || delta >= 0) return delta;
    return delta + (previous < wrap32 ? wrap32 : wrap64);
  }
  const delta = BigInt(current) - BigInt(previous);
  if (kind !== 'counter' || delta >= 0n) return Number(delta);
  return Number(delta + (previous < wrap32 ? 1n << 32n : 1n << 64n));
}

/** Per-second rate of one data source, NaN where there is none. */
export function rateOf(
  kind: ValueKind,
  current: number | bigint,
  previous: number | bigint,
  seconds: number,
): number {
  if (!(seconds > 0)) return Number.NaN;
  if (kind === 'absolute') return Number(current) / seconds;
  return growth(kind, current, previous) / seconds;
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { hostName, types, now, log } = options;
  const series = new Map<string, Series>();
  const complained = new Set<string>();
  let groups: Group[] = [];
  const statistics = { points: 0, unknownValues: 0, rejectedLists: 0 };
  let flushing: NodeJS.Immediate | undefined;

  const flush = (): void => {
    if (flushing !== undefined) clearImmediate(flushing);
    flushing = undefined;
    for (const group of groups) {
      if (group.points === 0) continue;
      const batch: Batch = { bytes: Buffer.from(group.text), points: group.points };
      group.text = '';
      group.points = 0;
      for (const sink of group.sinks) sink.accept(batch);
    }
  };

  const append = (group: Group, name: string, value: string, seconds: number): void => {
    group.text += `${name} ${value} ${seconds}\n`;
    group.points += 1;
    if (group.text.length > batchCharactersMax) flush();
    else flushing ??= setImmediate(flush);
  };

  const reject = (list: ValueList, why: string): void => {
    statistics.rejectedLists += 1;
    if (complained.has(list.type) || complained.size > 1000) return;
    complained.add(list.type);
    log.warn('a value list is not sent', { plugin: list.plugin, type: list.type, why });
  };

  const find = (list: ValueList, atMs: number): Series | undefined => {
    const key = `${list.host ?? ''}\u0000${list.plugin}\u0000${list.pluginInstance ?? ''}\u0000${list.type}\u0000${list.typeInstance ?? ''}`;
    let found = series.get(key);
    if (found === undefined) {
      const sources = types.get(list.type);
      if (sources === undefined) return void reject(list, 'its type is not known');
      if (series.size >= seriesMax) return void reject(list, 'too many different series');
      const named = { ...list, host: list.host ?? hostName };
      const many = sources.length > 1;
      const names = groups.map((group) =>
        sources.map((source) => group.naming.nameOf(named, source.name, many)),
      );
      found = { sources, names, previous: undefined, previousMs: 0, seenMs: 0 };
      series.set(key, found);
    }
    if (list.values.length !== found.sources.length)
      return void reject(list, `its type has ${found.sources.length} values`);
    found.seenMs = atMs;
    return found;
  };

  const emit = (list: ValueList, elapsedMs?: number): void => {
    const atMs = list.timeMs ?? now();
    const found = find(list, now());
    if (found === undefined) return;
    const seconds = Math.floor(atMs / 1000);
    const rateMs = elapsedMs ?? atMs;
    const { previous, previousMs, sources } = found;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      const value = list.values[i]!;
      const kind = list.kinds?.[i] ?? source.kind;
      const rate =
        kind === 'gauge'
          ? Number(value)
          : previous === undefined
            ? Number.NaN
            : rateOf(kind, value, previous[i] ?? Number.NaN, (rateMs - previousMs) / 1000);
      const known = rate >= source.min && rate <= source.max && Number.isFinite(rate);
      // The first reading of a counter has no rate yet; that is not a fault.
      if (!known && (kind === 'gauge' || previous !== undefined)) statistics.unknownValues += 1;
      let sent = false;
      for (let g = 0; g < groups.length; g++) {
        const group = groups[g]!;
        const raw = kind !== 'gauge' && !group.storeRates;
        if (!raw && !known) continue;
        const text = raw
          ? formatCounter(value)
          : kind === 'gauge'
            ? formatGauge(rate)
            : formatRate(rate);
        append(group, found.names[g]![i]!, text, seconds);
        sent = true;
      }
      if (sent) statistics.points += 1;
    }
    found.previous = list.values;
    found.previousMs = rateMs;
  };

  return {
    emit,
    emitPoint: (name, value, timeSeconds) => {
      if (!Number.isFinite(value)) {
        statistics.unknownValues += 1;
        return;
      }
      const text = formatGauge(value);
      for (const group of groups) append(group, name, text, timeSeconds);
      statistics.points += 1;
    },
    flush,
    setSinks: (sinks) => {
      flush();
      const byNaming = new Map<string, Group>();
      for (const sink of sinks) {
        const key = JSON.stringify(sink.naming);
        let group = byNaming.get(key);
        if (group === undefined) {
          group = {
            storeRates: sink.naming.storeRates,
            naming: createNaming(sink.naming),
            sinks: [],
            text: '',
            points: 0,
          };
          byNaming.set(key, group);
        }
        group.sinks.push(sink);
      }
      groups = [...byNaming.values()];
      series.clear(); // names belong to the groups; rates begin anew
    },
    forgetIdle: () => {
      const before = now() - seriesIdleMs;
      for (const [key, one] of series) if (one.seenMs < before) series.delete(key);
    },
    statistics: () => ({ ...statistics, series: series.size }),
  };
}
