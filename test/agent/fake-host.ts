// A machine made of captured text, for collectors under test.
import type { FileSystemSpace, Host } from '../../bundle/agent/host.ts';
import type { Collector, Plugin, Reading } from '../../bundle/agent/plugins/plugin.ts';
import type { SelfState } from '../../bundle/agent/self.ts';
import { silentLogger } from '../../bundle/core/log.ts';

export interface FakeHost extends Host {
  files: Map<string, string>;
  spaces: Map<string, FileSystemSpace | Promise<FileSystemSpace>>;
  /** Paths read so far, in order. */
  reads: string[];
}

export function createFakeHost(files: Record<string, string> = {}): FakeHost {
  const host: FakeHost = {
    files: new Map(Object.entries(files)),
    spaces: new Map(),
    reads: [],
    platform: 'linux',
    pageBytes: 4096,
    ticksPerSecond: 100,
    readText: (path) => {
      host.reads.push(path);
      return host.files.get(path);
    },
    readBytes: (path) => host.readOnce(path),
    readOnce: (path) => {
      host.reads.push(path);
      const text = host.files.get(path);
      return text === undefined ? undefined : Buffer.from(text, 'latin1');
    },
    list: (path) => {
      const names = new Set<string>();
      for (const file of host.files.keys())
        if (file.startsWith(`${path}/`)) names.add(file.slice(path.length + 1).split('/', 1)[0]!);
      return names.size === 0 ? undefined : [...names];
    },
    directories: (path) => host.list(path)?.filter((name) => host.list(`${path}/${name}`)),
    space: async (path) => {
      const space = host.spaces.get(path);
      if (space === undefined) throw new Error(`no file system at ${path}`);
      return space;
    },
  };
  return host;
}

export const emptySelf = (): SelfState => ({
  queuedPoints: 0,
  droppedPoints: 0,
  sentPoints: 0,
  resentPoints: 0,
  spoolBytes: 0,
  series: 0,
  unknownValues: 0,
  outputs: [],
  collectors: [],
  lagMs: 0,
  inputs: {},
});

/** A collector with `options` over its defaults. */
export function createCollector(
  plugin: Plugin,
  options: Record<string, unknown> = {},
  self: () => SelfState = emptySelf,
): Collector {
  return plugin.create(plugin.options.parse(options), { log: silentLogger, self });
}

let elapsedMs = 0;

/** Readings of one collection as `instance/type/typeInstance` → values. */
export async function collect(
  collector: Collector,
  host: Host,
  intervalMs = 10_000,
): Promise<Map<string, readonly (number | bigint)[]>> {
  const found = new Map<string, readonly (number | bigint)[]>();
  elapsedMs += intervalMs;
  await collector.read({
    host,
    nowMs: 1_700_000_000_000 + elapsedMs,
    elapsedMs,
    intervalMs,
    log: silentLogger,
    emit: (reading: Reading) =>
      found.set(
        [reading.pluginInstance ?? '', reading.type, reading.typeInstance ?? ''].join('/'),
        reading.values,
      ),
  });
  return found;
}
