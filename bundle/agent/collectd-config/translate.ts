// From collectd's items to the agent's own options: plugins by their schema's keys, write_graphite
// to outputs. What has no counterpart is told once and left.
import { z } from '../../core/config.ts';
import { didYouMean } from '../../core/nearest-name.ts';
import { inputs } from '../inputs/index.ts';
import { plugins } from '../plugins/index.ts';
import type { CollectdItem, Plugin } from '../plugins/plugin.ts';

export interface Translation {
  /** Whole options by plugin; they replace what agent.yml says of it. */
  plugins: Record<string, Record<string, unknown>>;
  inputs: Record<string, Record<string, unknown>>;
  outputs: Record<string, unknown>[];
  /** `file:line: …`, each once. */
  warnings: string[];
}

// Plugins that only write logs or load others: the agent does that itself.
const ownBusiness = new Set(['logfile', 'syslog', 'log_logstash', 'unixsock', 'rrdtool', 'csv']);

// Keys of a <LoadPlugin> block that tell collectd how to run a plugin.
const loadKeys = new Set(['globals', 'flushinterval', 'flushtimeout', 'cpuaffinity']);

type Problem = (item: CollectdItem, message: string) => void;

function innerOf(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.unwrap();
  return inner;
}

const flagOf = (value: string | number | boolean): string | number | boolean => {
  if (typeof value !== 'string') return value;
  if (/^(true|yes|on)$/i.test(value)) return true;
  return /^(false|no|off)$/i.test(value) ? false : value;
};

/** Sets the option `item` names in `options`; false when the schema has no such key. */
function setOption(
  schema: z.ZodObject,
  item: CollectdItem,
  options: Record<string, unknown>,
): boolean {
  const wanted = item.key.toLowerCase();
  const key = Object.keys(schema.shape).find((known) => known.toLowerCase() === wanted);
  if (key === undefined || key === 'enabled') return false;
  const inner = innerOf(schema.shape[key]);
  if (inner instanceof z.ZodArray) {
    const numeric = innerOf(inner.element) instanceof z.ZodNumber;
    const values = item.values.map((value) => (numeric ? Number(value) : String(value)));
    options[key] = [...((options[key] as unknown[] | undefined) ?? []), ...values];
  } else if (inner instanceof z.ZodBoolean) options[key] = flagOf(item.values[0] ?? true);
  else if (inner instanceof z.ZodNumber) options[key] = Number(item.values[0]);
  else options[key] = String(item.values[0]);
  return true;
}

/** The first complaint of the schema about `options`, without the path. */
function checkValue(schema: z.ZodObject, options: Record<string, unknown>): string | undefined {
  const issue = schema.safeParse(options).error?.issues[0];
  return issue === undefined ? undefined : issue.message;
}

function readPluginItem(
  plugin: Plugin,
  item: CollectdItem,
  options: Record<string, unknown>,
  problem: Problem,
): void {
  const before = structuredClone(options);
  if (!plugin.readCollectdItem?.(item, options) && !setOption(plugin.options, item, options)) {
    const hint = didYouMean(item.key, Object.keys(plugin.options.shape));
    problem(item, `plugin ${plugin.name} has no option ${item.key} here${hint}`);
    return;
  }
  const complaint = checkValue(plugin.options, options);
  if (complaint === undefined) return;
  for (const key of Object.keys(options)) delete options[key];
  Object.assign(options, before);
  problem(item, `${item.key}: ${complaint}`);
}

const namingKeys: Record<string, string> = {
  prefix: 'prefix',
  postfix: 'postfix',
  escapecharacter: 'escapeCharacter',
  storerates: 'storeRates',
  separateinstances: 'separateInstances',
  alwaysappendds: 'alwaysAppendDataSource',
  dropduplicatefields: 'dropDuplicateFields',
  usetags: 'useTags',
  reversehost: 'reverseHost',
};
// Accepted without a word: our connections and logs behave at least as well by themselves.
const needlessKeys = new Set(['reconnectinterval', 'logsenderrors']);

function translateNode(node: CollectdItem, problem: Problem): Record<string, unknown> {
  const naming: Record<string, unknown> = {
    prefix: '',
    separateInstances: false,
    preserveSeparator: 'none',
  };
  const output: Record<string, unknown> = { host: 'localhost', port: 2003, naming };
  for (const item of node.children) {
    const key = item.key.toLowerCase();
    const value = item.values[0] ?? '';
    if (key === 'host') output['host'] = String(value);
    else if (key === 'port') output['port'] = Number(value);
    else if (key === 'protocol') output['protocol'] = String(value).toLowerCase();
    else if (key === 'preserveseparator')
      naming['preserveSeparator'] = flagOf(value) === true ? 'all' : 'none';
    else if (namingKeys[key] !== undefined) naming[namingKeys[key]] = flagOf(value);
    else if (!needlessKeys.has(key)) problem(item, `write_graphite has no option ${item.key} here`);
  }
  return output;
}

/** Translates the items of one file (with its includes). Never throws. */
export function translateCollectd(items: readonly CollectdItem[]): Translation {
  const found: Translation = { plugins: {}, inputs: {}, outputs: [], warnings: [] };
  const told = new Set<string>();
  const problem: Problem = (item, message) => {
    if (told.has(message)) return;
    told.add(message);
    found.warnings.push(`${item.file}:${item.line}: ${message}`);
  };
  const globals: string[] = [];

  const optionsOf = (plugin: Plugin): Record<string, unknown> => {
    found.plugins[plugin.name] ??= { ...structuredClone(plugin.collectdDefaults), enabled: true };
    return found.plugins[plugin.name]!;
  };

  const readBlock = (item: CollectdItem): void => {
    const name = String(item.values[0] ?? '').toLowerCase();
    const plugin = plugins.find((one) => one.name === name);
    const input = inputs.find((one) => one.collectdPlugin === name);
    const isLoad = item.key.toLowerCase() === 'loadplugin';
    if (plugin !== undefined) {
      const options = optionsOf(plugin);
      for (const child of item.children)
        if (!isLoad || !loadKeys.has(child.key.toLowerCase()))
          readPluginItem(plugin, child, options, problem);
    } else if (input?.readCollectd !== undefined) {
      const options = { ...found.inputs[input.name], enabled: true };
      if (!isLoad) Object.assign(options, input.readCollectd(item.children, problem));
      const complaint = checkValue(input.options, options);
      if (complaint === undefined) found.inputs[input.name] = options;
      else problem(item, `${name}: ${complaint}`);
    } else if (name === 'write_graphite') {
      for (const child of item.children) {
        if (/^(node|carbon)$/i.test(child.key)) found.outputs.push(translateNode(child, problem));
        else if (!isLoad) problem(child, `write_graphite has no option ${child.key} here`);
      }
    } else if (!ownBusiness.has(name)) {
      problem(
        item,
        `the agent has no plugin ${name}${didYouMean(
          name,
          plugins.map((p) => p.name),
        )}`,
      );
    }
  };

  for (const item of items) {
    const key = item.key.toLowerCase();
    if (key === 'plugin' || key === 'loadplugin') readBlock(item);
    else globals.push(item.key);
  }
  if (globals.length > 0 && items[0] !== undefined) {
    const { file } = items[0];
    found.warnings.push(`${file}: set these in conf/agent.yml instead: ${globals.join(', ')}`);
  }
  return found;
}
