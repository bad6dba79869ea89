// The contract of a collector: one file, its options, and what it reads each interval. To add one:
// a file here and a line in index.ts.
import { z } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import type { Host } from '../host.ts';
import type { SelfState } from '../self.ts';

/** A value list without the parts the agent fills in. */
export interface Reading {
  /** The collector's own name when absent. */
  plugin?: string;
  pluginInstance?: string;
  type: string;
  typeInstance?: string;
  values: readonly (number | bigint)[];
}

export interface ReadContext {
  host: Host;
  /** When this collection began, milliseconds since the epoch. */
  nowMs: number;
  /** The same moment on a clock that never jumps. */
  elapsedMs: number;
  intervalMs: number;
  log: Logger;
  emit(reading: Reading): void;
}

export interface Collector {
  /** Called once an interval, never again before it is done. What it throws is retried with back-off. */
  read(context: ReadContext): void | Promise<void>;
}

/** A block of collectd's own configuration: `Key value … { children }`. */
export interface CollectdItem {
  key: string;
  values: (string | number | boolean)[];
  children: CollectdItem[];
  file: string;
  line: number;
}

export interface PluginTools {
  log: Logger;
  self(): SelfState;
}

export interface Plugin {
  /** collectd's name of it; also the key in `plugins:`. */
  name: string;
  summary: string;
  platforms: readonly NodeJS.Platform[];
  enabledByDefault: boolean;
  /**
   * Keys are collectd's, beginning with a small letter; every key has a default. Made anew each time it
   * is asked for: the schemas of all collectors are megabytes that nobody needs after the start.
   */
  readonly options: z.ZodObject;
  /** What collectd takes for keys a <Plugin> block leaves out, where ours differs. */
  collectdDefaults: Record<string, unknown>;
  /** Options for keys of a <Plugin> block that are more than values, e.g. blocks. */
  readCollectdItem?(item: CollectdItem, options: Record<string, unknown>): boolean;
  /** `options` has been checked by the schema. */
  create(options: unknown, tools: PluginTools): Collector;
}

/** Keys every collector has. */
const commonOptions = (enabledByDefault: boolean) => ({
  enabled: z.boolean().default(enabledByDefault).describe('Whether it is collected.'),
  interval: z
    .number()
    .min(0)
    .default(0)
    .describe('Seconds between collections; 0 is the interval of the agent.'),
});

interface PluginShape<S extends z.ZodRawShape> {
  name: string;
  summary: string;
  platforms?: readonly NodeJS.Platform[];
  enabledByDefault?: boolean;
  options(): S;
  collectdDefaults?: Record<string, unknown>;
  readCollectdItem?(item: CollectdItem, options: Record<string, unknown>): boolean;
  create(options: z.output<z.ZodObject<S>>, tools: PluginTools): Collector;
}

/** Makes an entry of plugins/index.ts; the options' types follow from the schema. */
export function definePlugin<S extends z.ZodRawShape>(shape: PluginShape<S>): Plugin {
  const enabledByDefault = shape.enabledByDefault ?? false;
  return {
    name: shape.name,
    summary: shape.summary,
    platforms: shape.platforms ?? ['linux'],
    enabledByDefault,
    get options() {
      return z.strictObject({ ...commonOptions(enabledByDefault), ...shape.options() });
    },
    collectdDefaults: shape.collectdDefaults ?? {},
    ...(shape.readCollectdItem === undefined ? {} : { readCollectdItem: shape.readCollectdItem }),
    create: (options, tools) => shape.create(options as z.output<z.ZodObject<S>>, tools),
  };
}
