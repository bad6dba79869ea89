// Compares the index with the whisper directory: files that the index does not know are added,
// series whose file is gone are removed. Runs behind everything else: it pauses as long as it
// works, so it never takes more than half of one core.
import { existsSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, OperatingError } from '../../core/errors.ts';
import { metricToPath, pathToMetric } from '../../whisper/index.ts';
import { NumberSet } from './growing.ts';
import type { SearchableIndex } from './memory-index.ts';

const workMillisecondsMax = 5;
const directoryDepthMax = 256;

export interface DiskScanOptions {
  index: SearchableIndex;
  whisperDirectory: string;
  hashTagged: boolean;
  /** Whether a series that has no file is in the cache. */
  isCached(metric: string): boolean;
  signal: AbortSignal;
}

export interface DiskScanResult {
  files: number;
  added: number;
  removed: number;
  /** Files of tagged series whose names are unknown, because files are named by hash. */
  unnamed: number;
}

/** Throws when the directory cannot be read; the index is then left as it is. */
export async function scanDisk(options: DiskScanOptions): Promise<DiskScanResult> {
  const { index, whisperDirectory, signal } = options;
  const result: DiskScanResult = { files: 0, added: 0, removed: 0, unnamed: 0 };
  const pace = createPace(signal);
  const sizeBefore = index.size;
  const scan = index.beginScan();
  // Keys of the files of tagged series, which tell whether a name has a file but not the name.
  const taggedKeys = new NumberSet();
  await walk('', 0);
  if (result.files === 0 && sizeBefore > 0)
    throw new OperatingError(
      'empty-store',
      `${whisperDirectory} has no series though ${sizeBefore} are known: is the disk mounted?`,
    );
  let named = 0;
  const suspects = [...scan.unseen()];
  for (const metric of index.taggedNames()) {
    await pace();
    if (taggedKeys.has(taggedKey(metricToPath(metric)))) named++;
    else suspects.push(metric);
  }
  result.unnamed += Math.max(0, taggedKeys.size - named);
  for (const metric of suspects) {
    await pace();
    if (options.isCached(metric) || existsSync(fileOf(metric, options))) continue;
    if (index.remove(metric)) result.removed++;
  }
  return result;

  async function walk(relative: string, depth: number): Promise<void> {
    if (depth > directoryDepthMax) return;
    let directory: Awaited<ReturnType<typeof opendir>>;
    try {
      directory = await opendir(join(whisperDirectory, relative), { bufferSize: 256 });
    } catch (error) {
      // A branch may be removed while it is walked; the root may not.
      if (relative !== '' && codeOf(error) === 'ENOENT') return;
      throw error;
    }
    for await (const entry of directory) {
      await pace();
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) await walk(path, depth + 1);
      else if (entry.name.endsWith('.wsp') && !entry.name.startsWith('.')) see(path);
    }
  }

  function see(path: string): void {
    result.files++;
    const metric = pathToMetric(path);
    if (metric === undefined) {
      if (hashedFile.test(path)) taggedKeys.add(taggedKey(path));
      else result.unnamed++;
      return;
    }
    try {
      if (scan.saw(metric)) result.added++;
      if (metric.includes(';')) taggedKeys.add(taggedKey(metricToPath(metric)));
    } catch {
      result.unnamed++; // a file that no metric name leads to
    }
  }
}

const hashedFile = /^_tagged\/[0-9a-f]{3}\/[0-9a-f]{3}\/[0-9a-f]{64}\.wsp$/;
const hashStart = '_tagged/abc/def/'.length;
const keyDigits = 13;

/** The first 52 bits of the hash in the name of a tagged series' file, never 0. */
const taggedKey = (path: string): number =>
  Number.parseInt(path.slice(hashStart, hashStart + keyDigits), 16) || 1;

function fileOf(metric: string, { whisperDirectory, hashTagged }: DiskScanOptions): string {
  return join(whisperDirectory, metricToPath(metric, { hashTagged }));
}

function createPace(signal: AbortSignal): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    const worked = performance.now() - begun;
    if (worked < workMillisecondsMax) return;
    await sleep(worked, undefined, { signal });
    begun = performance.now();
  };
}
