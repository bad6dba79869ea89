// The configuration in effect: agent.yml plus the drop-in files beside it. Looked at again before
// each collection; a faulty file is reported once and its last good state stays, the rest goes on.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseConfig, z } from '../core/config.ts';
import { codeOf, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { readCollectdFile } from './collectd-config/include.ts';
import { translateCollectd } from './collectd-config/translate.ts';
import { type AgentConfig, configSchema, outputSchema } from './config.ts';

export interface ConfigSource {
  /** The configuration in effect. */
  effective(): AgentConfig;
  /** Looks at the files; the new configuration when something changed, else undefined. */
  poll(): AgentConfig | undefined;
  /** Takes a changed agent.yml. */
  setBase(config: AgentConfig): AgentConfig;
}

interface Contribution {
  plugins: Record<string, unknown>;
  inputs: Record<string, unknown>;
  outputs: unknown[];
  /** Options given here are whole; otherwise they add to what is there. */
  replaces: boolean;
}

interface KnownFile {
  /** State of the file and of all it includes. */
  signature: string;
  sources: string[];
  good: Contribution | undefined;
}

const filesMax = 1000;

const dropInSchema = () => {
  const { plugins, inputs } = configSchema().shape;
  return z.strictObject({ plugins, inputs, outputs: z.array(outputSchema()).default([]) });
};

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` on top of `base`: maps key by key, lists added to, all else replaced. */
export function mergeOptions(base: unknown, over: unknown): unknown {
  if (isMap(base) && isMap(over)) {
    const merged: Record<string, unknown> = { ...base };
    for (const [key, value] of Object.entries(over)) merged[key] = mergeOptions(base[key], value);
    return merged;
  }
  if (Array.isArray(base) && Array.isArray(over)) {
    const isNew = (one: unknown): boolean => !base.some((old) => isDeepStrictEqual(old, one));
    return [...base, ...over.filter(isNew)];
  }
  return over;
}

function signatureOf(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        const { mtimeMs, size, ino } = statSync(file);
        return `${file}:${mtimeMs}:${size}:${ino}`;
      } catch {
        return `${file}:gone`;
      }
    })
    .join('\n');
}

function readYaml(file: string): Contribution {
  const text = readFileSync(file, 'utf8');
  parseConfig(dropInSchema(), text, file); // for its errors; what is merged is without defaults
  const raw = parseConfig(z.unknown(), text, file) as Partial<Contribution>;
  return {
    plugins: raw.plugins ?? {},
    inputs: raw.inputs ?? {},
    outputs: raw.outputs ?? [],
    replaces: false,
  };
}

function readCollectd(file: string, sources: string[], log: Logger): Contribution {
  const items = readCollectdFile(file, (one) => {
    if (!sources.includes(one)) sources.push(one);
  });
  const { warnings, ...found } = translateCollectd(items);
  for (const warning of warnings) log.warn(warning);
  for (const output of found.outputs) outputSchema().parse(output);
  return { ...found, replaces: true };
}

export function createConfigSource(first: AgentConfig, log: Logger): ConfigSource {
  let base = first;
  let effective = first;
  let known = new Map<string, KnownFile>();

  const list = (directory: string, ending: string): string[] => {
    if (directory === '') return [];
    try {
      const names = readdirSync(directory).filter(
        (name) => name.endsWith(ending) && !name.startsWith('.'),
      );
      return names
        .sort()
        .slice(0, filesMax)
        .map((name) => join(directory, name));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT')
        log.warn('drop-in files cannot be listed', { directory, reason: messageOf(error) });
      return [];
    }
  };

  const readOne = (file: string, before: KnownFile | undefined, isYaml: boolean): KnownFile => {
    const sources = [file];
    let good = before?.good;
    try {
      good = isYaml ? readYaml(file) : readCollectd(file, sources, log);
      log.info('drop-in read', { file });
    } catch (error) {
      const stays = good === undefined ? 'it is left out' : 'its last good state stays';
      log.error(`${messageOf(error)} (${stays})`, { file });
    }
    return { signature: signatureOf(sources), sources, good };
  };

  /** Reads what is new or changed; whether anything is. */
  const scan = (): boolean => {
    const yamlFiles = list(base.dropIns.directory, '.yml');
    const collectdFiles = list(base.dropIns.collectdDirectory, '.conf');
    const next = new Map<string, KnownFile>();
    let isChanged = false;
    for (const file of [...yamlFiles, ...collectdFiles]) {
      const before = known.get(file);
      if (before !== undefined && signatureOf(before.sources) === before.signature) {
        next.set(file, before);
        continue;
      }
      isChanged = true;
      next.set(file, readOne(file, before, yamlFiles.includes(file)));
    }
    for (const file of known.keys()) {
      if (next.has(file)) continue;
      isChanged = true;
      log.info('drop-in gone', { file });
    }
    known = next;
    return isChanged;
  };

  const merge = (): AgentConfig => {
    if (known.size === 0) return base;
    let { plugins, inputs, outputs }: { plugins: unknown; inputs: unknown; outputs: unknown[] } =
      base;
    for (const { good } of known.values()) {
      if (good === undefined) continue;
      if (good.replaces) plugins = { ...(plugins as object), ...good.plugins };
      else plugins = mergeOptions(plugins, good.plugins);
      inputs = mergeOptions(inputs, good.inputs);
      outputs = [...outputs, ...good.outputs];
    }
    const merged = configSchema().safeParse({ ...base, plugins, inputs, outputs });
    if (merged.success) return merged.data;
    const issue = merged.error.issues[0];
    log.error('the drop-ins do not fit together, agent.yml alone is in effect', {
      key: issue?.path.join('.'),
      reason: issue?.message,
    });
    return base;
  };

  scan();
  effective = merge();
  return {
    effective: () => effective,
    poll: () => {
      if (!scan()) return undefined;
      effective = merge();
      return effective;
    },
    setBase: (config) => {
      base = config;
      scan();
      effective = merge();
      return effective;
    },
  };
}
