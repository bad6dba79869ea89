// The contract of an input: something that listens or follows (StatsD, log files, commands) and
// emits into the same outputs as the collectors. To add one: a folder here and a line in index.ts.
import { z } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import type { CollectdItem } from '../plugins/plugin.ts';
import type { ValueList } from '../value-list.ts';
import type { ValueTypes } from '../value-types.ts';

export interface InputContext {
  /** Marks each line with the input's name. */
  log: Logger;
  /** The host part of the agent's metric names. */
  hostName: string;
  /** The agent's collection interval. */
  intervalMs: number;
  types: ValueTypes;
  now(): number;
  /**
   * Takes a collectd value list: rates, names and formats are the pipeline's. With `timeMs` and
   * `host` in the list it is a foreign host's.
   */
  emit(list: ValueList): void;
  /** Takes a finished Graphite point. The name (no spaces, no line ends) is sent as it is. */
  emitPoint(name: string, value: number, timeSeconds: number): void;
  /** Where the input may keep files between runs, e.g. storage/agent/statsd; made on first use. */
  storageDirectory(): string;
}

export interface RunningInput {
  /** Idempotent; emits what it still holds, closes every socket and timer. */
  stop(): Promise<void>;
  /** Counters for the agent's self metrics, by name; every dropped thing has one. */
  statistics?(): Record<string, number>;
}

export interface Input {
  /** Key in `inputs:` and name of the folder. */
  name: string;
  summary: string;
  /** Every key has a default; `enabled` is added by defineInput. Made anew each time it is asked for. */
  readonly options: z.ZodObject;
  /** collectd's plugin this input stands for, if its <Plugin> blocks can be read. */
  collectdPlugin?: string;
  /** Options for the items of such a block; what cannot be used is told through `problem`. */
  readCollectd?(
    items: readonly CollectdItem[],
    problem: (item: CollectdItem, message: string) => void,
  ): Record<string, unknown>;
  /** Resolves when it listens. Throws an OperatingError for what the user can mend. */
  start(options: unknown, context: InputContext): Promise<RunningInput>;
}

interface InputShape<S extends z.ZodRawShape> {
  name: string;
  summary: string;
  options(): S;
  collectdPlugin?: string;
  readCollectd?: NonNullable<Input['readCollectd']>;
  start(options: z.output<z.ZodObject<S>>, context: InputContext): Promise<RunningInput>;
}

/** Makes an entry of inputs/index.ts; an input is off until `enabled: true`. */
export function defineInput<S extends z.ZodRawShape>(shape: InputShape<S>): Input {
  return {
    name: shape.name,
    summary: shape.summary,
    get options() {
      return z.strictObject({
        enabled: z.boolean().default(false).describe(`Whether it runs: ${shape.summary}.`),
        ...shape.options(),
      });
    },
    ...(shape.collectdPlugin === undefined ? {} : { collectdPlugin: shape.collectdPlugin }),
    ...(shape.readCollectd === undefined ? {} : { readCollectd: shape.readCollectd }),
    start: (options, context) => shape.start(options as z.output<z.ZodObject<S>>, context),
  };
}
