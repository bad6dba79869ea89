// The series of an instance for tools that change them from outside: asked of the running carbon,
// or read from the files when it does not run. Tells carbon what changed.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '../../core/config.ts';
import { messageOf, OperatingError } from '../../core/errors.ts';
import { parseListenAddress } from '../../core/listen-address.ts';
import { pathToMetric } from '../../whisper/index.ts';
import { findResponseJson } from '../../wire/find-response/json.ts';
import { carbonConfig } from '../config.ts';
import { type StoreFiles, storeFiles, taggedNames } from '../rules/store-files.ts';
import type { IndexNode } from '../store.ts';
import { createMetricIndex, type SearchableIndex } from './memory-index.ts';
import { addNamesToFiles } from './persistence.ts';
import { runNow } from './slices.ts';

const healthMillisecondsMax = 2000;
const requestMillisecondsMax = 120_000;
/** Names in one request to carbon. */
const metricsPerRequest = 5000;

export interface StoreAccess {
  files: StoreFiles;
  /** Carbon of this instance answers. */
  isRunning: boolean;
  /** Nodes that match a glob. */
  find(query: string): Promise<IndexNode[]>;
  /** Series that match seriesByTag's expressions. */
  findTagged(expressions: readonly string[]): Promise<string[]>;
  /** Waits until the points of these series are on disk; answers those for which it took too long. */
  settle(metrics: readonly string[]): Promise<string[]>;
  /** These series are gone. */
  forget(metrics: readonly string[]): Promise<void>;
  /** These series are there. */
  learn(metrics: readonly string[]): Promise<void>;
}

/** Of the instance in `home`. */
export async function openStoreAccess(home: string): Promise<StoreAccess> {
  const files = storeFiles(home);
  const file = join(home, 'conf/carbon.yml');
  const { carbonserver } = existsSync(file)
    ? loadConfig(carbonConfig, file)
    : carbonConfig.parse({});
  const { host, port } = parseListenAddress(carbonserver.listen);
  const name = host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  return carbonserver.enabled && (await isServing(url, files.directory))
    ? runningAccess(url, files)
    : filesAccess(files);
}

/** Whether the carbonserver at `url` is the one of this whisper directory. */
async function isServing(url: string, directory: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/admin/info`, {
      signal: AbortSignal.timeout(healthMillisecondsMax),
    });
    const info = (await response.json()) as { whisperDirectory?: unknown };
    if (typeof info.whisperDirectory !== 'string') return false;
    return realpathSync(info.whisperDirectory) === realpathSync(directory);
  } catch {
    return false;
  }
}

function runningAccess(url: string, files: StoreFiles): StoreAccess {
  const ask = async (path: string, init: RequestInit = {}): Promise<Buffer | undefined> => {
    let response: Response;
    let body: Buffer;
    try {
      response = await fetch(url + path, {
        ...init,
        signal: AbortSignal.timeout(requestMillisecondsMax),
      });
      body = Buffer.from(await response.arrayBuffer());
    } catch (error) {
      throw new OperatingError('carbon-away', `carbon does not answer: ${messageOf(error)}`, {
        cause: error,
      });
    }
    if (response.status === 404) return undefined;
    if (!response.ok) throw new OperatingError('carbon-refused', body.toString('utf8').trim());
    return body;
  };
  const change = async (path: string, metrics: readonly string[]): Promise<string[]> => {
    const pending: string[] = [];
    for (let at = 0; at < metrics.length; at += metricsPerRequest) {
      const answer = await ask(`/admin/metrics/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ metrics: metrics.slice(at, at + metricsPerRequest) }),
      });
      const fields = JSON.parse(answer?.toString('utf8') ?? '{}') as { pending?: string[] };
      pending.push(...(fields.pending ?? []));
    }
    return pending;
  };
  return {
    files,
    isRunning: true,
    async find(query) {
      const body = await ask('/metrics/find/', {
        method: 'POST',
        body: new URLSearchParams({ query, format: 'json' }),
      });
      return body === undefined ? [] : (findResponseJson.decode(body)[0]?.matches ?? []);
    },
    async findTagged(expressions) {
      const body = await ask('/tags/findSeries', {
        method: 'POST',
        body: new URLSearchParams(
          expressions.map((expression): [string, string] => ['expr', expression]),
        ),
      });
      return body === undefined ? [] : (JSON.parse(body.toString('utf8')) as string[]);
    },
    settle: (metrics) => change('settle', metrics),
    forget: async (metrics) => void (await change('forget', metrics)),
    learn: async (metrics) => void (await change('learn', metrics)),
  };
}

function filesAccess(files: StoreFiles): StoreAccess {
  const index = createMetricIndex();
  const tagged = taggedNames(files);
  const walk = (relative: string): void => {
    for (const entry of readdirSync(join(files.directory, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else addFile(index, tagged, path);
    }
  };
  if (existsSync(files.directory)) walk('');
  return {
    files,
    isRunning: false,
    find: async (query) => index.find(query),
    findTagged: async (expressions) => runNow(index.tags.findSeries(expressions)),
    settle: async () => [],
    forget: async (metrics) => {
      for (const metric of metrics) index.remove(metric);
    },
    learn: async (metrics) => {
      for (const metric of metrics) index.add(metric);
      // The others carbon finds by their files.
      await addNamesToFiles(
        files.indexDirectory,
        metrics.filter((metric) => metric.includes(';')),
      );
    },
  };
}

function addFile(index: SearchableIndex, tagged: Map<string, string>, path: string): void {
  const metric = tagged.get(path) ?? pathToMetric(path);
  if (metric === undefined) return;
  try {
    index.add(metric);
  } catch {
    // A file that no series name leads to is left alone.
  }
}

/** The directory of what was removed, on the same file system as a rule. */
export const trashDirectoryOf = (files: StoreFiles): string =>
  resolve(files.directory, '..', 'trash');
